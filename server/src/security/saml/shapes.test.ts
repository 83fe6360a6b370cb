import { expect, test } from "vitest";
import { readCertificate } from "./certificate.ts";
import { is, only, parse, walk } from "./dom.ts";
import { passGate } from "./gate.ts";
import { NS } from "./names.ts";
import { verifyEnveloped } from "./signature.ts";
import { SignedXml } from "./xml-packages.ts";
import { chooseSubject, mapPerson } from "./attributes.ts";
import { makeIdp, toForm } from "./testing/idp.ts";
import { makeKey } from "./testing/keys.ts";
import { PERSON, TO } from "./testing/scene.ts";
import { type Shape, SHAPES } from "./testing/shapes.ts";
import { type SamlTrust, verifyResponse } from "./verify.ts";

const KEYS = { rsa: makeKey("rsa"), "p-256": makeKey("p-256"), "p-384": makeKey("p-384") };

function meet(shape: Shape) {
  const idp = makeIdp(shape, KEYS[shape.key], PERSON);
  const trust: SamlTrust = {
    idpEntityId: shape.entityId,
    spEntityId: TO.spEntityId,
    acsUrl: TO.acsUrl,
    certificates: [idp.key.certificate],
    decryptionKeys: [],
  };
  return { idp, trust };
}

test.each(Object.entries(SHAPES) as Array<[string, Shape]>)("what %s sends is accepted, and mapped", (name, shape) => {
  const { idp, trust } = meet(shape);
  const form = toForm(idp.write(TO));
  const sent = shape.lines ? form.replaceAll(/.{76}/g, "$&\r\n") : form;
  const signIn = verifyResponse(sent, trust, new Date());
  expect(signIn).toMatchObject({
    requestId: TO.requestId,
    signed: shape.signs,
    isEncrypted: false,
    nameId: shape.nameId(PERSON),
    sessionIndex: "_s1",
  });
  const person = mapPerson(signIn.nameId, signIn.attributes);
  expect(person.name).toBe(`${PERSON.firstName} ${PERSON.lastName}`);
  if (name.includes("no mail")) {
    expect(person).toMatchObject({ address: null, groups: null, tooManyGroups: true });
  } else {
    expect(person).toMatchObject({ address: PERSON.email, groups: PERSON.groups, tooManyGroups: false });
  }
  expect(chooseSubject(signIn.nameId, signIn.attributes, { nameId: true }).value).toBe(shape.nameId(PERSON).value);
});

const RSA = (Object.entries(SHAPES) as Array<[string, Shape]>).filter(([, { algorithm }]) =>
  /rsa-(?:sha256|sha512|MGF1)$/.test(algorithm),
);
test.each(RSA)("xml-crypto's own check reads the same canonical text in what %s sends", (_name, shape) => {
  const { idp } = meet(shape);
  const xml = passGate(idp.write(TO));
  const certificate = readCertificate(idp.key.certificate);
  if ("problem" in certificate) throw new Error(certificate.problem);
  const signed = Array.from(walk(parse(xml))).filter(
    (element) => is(element, NS.samlp, "Response") || is(element, NS.saml, "Assertion"),
  );
  const withSignature = signed.filter((element) =>
    Array.from(walk(element)).some(({ parentNode, localName }) => parentNode === element && localName === "Signature"),
  );
  expect(withSignature).toHaveLength(shape.signs === "both" ? 2 : 1);
  for (const element of withSignature) {
    const signature = only(element, NS.ds, "Signature");
    const peer = new SignedXml({ publicCert: idp.key.certificate, getCertFromKeyInfo: () => null });
    peer.loadSignature(signature);
    expect(peer.checkSignature(xml)).toBe(true);
    expect(peer.getSignedReferences()).toEqual([verifyEnveloped(element, signature, [certificate]).canonical]);
  }
});
