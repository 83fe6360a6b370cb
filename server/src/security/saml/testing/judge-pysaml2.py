"""pysaml2 as an identity provider: reads whoot's metadata and request, and answers. JSON in, JSON out."""
import base64
import json
import os
import sys
import tempfile
import zlib

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server
from saml2.sigver import verify_redirect_signature
from saml2.xml.schema import schema_saml_metadata, schema_saml_protocol
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

asked = json.load(sys.stdin)
folder = tempfile.TemporaryDirectory()


def file(name, text):
    path = os.path.join(folder.name, name)
    with open(path, "w") as handle:
        handle.write(text)
    return path


def xml_of(request):
    decoded = base64.b64decode(request)
    return (zlib.decompress(decoded, -15) if asked["binding"] == "redirect" else decoded).decode()


settings = {
    "entityid": asked["idpEntityId"],
    "xmlsec_binary": asked["xmlsec1"],
    "key_file": file("idp.key", asked["idpKey"]),
    "cert_file": file("idp.pem", asked["idpCertificate"]),
    "metadata": {"inline": [asked["metadata"]]},
    "service": {
        "idp": {
            # pysaml2 7.0 looks for it in the request also where the query has it, which is verified below.
            "want_authn_requests_signed": asked["binding"] == "post",
            "endpoints": {
                "single_sign_on_service": [
                    (asked["destination"], BINDING_HTTP_REDIRECT),
                    (asked["destination"], BINDING_HTTP_POST),
                ]
            },
            "policy": {"default": {"lifetime": {"minutes": 5}, "attribute_restrictions": None}},
        }
    },
}
try:
    # By the schemas of the standard.
    schema_saml_metadata.validate(asked["metadata"])
    schema_saml_protocol.validate(xml_of(asked["request"]))
    idp = Server(config=IdPConfig().load(settings))
    whoot = file("whoot.pem", asked["certificate"])
    if not idp.sec.verify_signature(asked["metadata"], whoot, node_name="urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor"):
        raise ValueError("the signature of the metadata")
    if asked["binding"] == "redirect":
        [certificate, *_] = idp.metadata.certs(asked["entityId"], "spsso", "signing")
        query = {"SAMLRequest": asked["request"], "RelayState": asked["relayState"], "SigAlg": asked["sigAlg"]}
        signed = {**query, "Signature": asked["signature"]}
        if not verify_redirect_signature(signed, idp.sec.sec_backend, certificate):
            raise ValueError("the signature of the query")
        parsed = idp.parse_authn_request(asked["request"], BINDING_HTTP_REDIRECT)
    else:
        parsed = idp.parse_authn_request(asked["request"], BINDING_HTTP_POST)
    message = parsed.message
    [whoot_as_sp] = idp.metadata[asked["entityId"]]["spsso_descriptor"]
    binding, acs_url = idp.pick_binding("assertion_consumer_service", entity_id=message.issuer.text, request=message)
    response = idp.create_authn_response(
        {"mail": "ada@corp.example", "givenName": "Ada", "sn": "Okafor"},
        in_response_to=message.id,
        destination=acs_url,
        sp_entity_id=message.issuer.text,
        name_id=NameID(format=NAMEID_FORMAT_PERSISTENT, text="ada"),
        authn={"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"},
        sign_assertion=asked["signs"] != "response",
        sign_response=asked["signs"] != "assertion",
        encrypt_assertion=asked["encrypt"],
        sign_alg=SIG_RSA_SHA256,
        digest_alg=DIGEST_SHA256,
    )
    answer = {
        "issuer": message.issuer.text,
        "id": message.id,
        "acsUrl": message.assertion_consumer_service_url,
        "destination": message.destination,
        "asksAgain": message.force_authn == "true",
        "takesResponsesAt": acs_url,
        "wantsAssertionsSigned": whoot_as_sp.get("want_assertions_signed") == "true",
        "response": base64.b64encode(str(response).encode()).decode(),
    }
except Exception as error:  # whatever it refuses
    answer = {"refused": f"{type(error).__name__}: {error}"}
print(json.dumps(answer))
