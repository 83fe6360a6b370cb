"""lasso as an identity provider: reads whoot's metadata and request, and answers. JSON in, JSON out."""
import json
import sys

import lasso

asked = json.load(sys.stdin)
server = lasso.Server.newFromBuffers(asked["idpMetadata"], asked["idpKey"], None, asked["idpCertificate"])
server.signatureMethod = lasso.SIGNATURE_METHOD_RSA_SHA256
server.addProviderFromBuffer(lasso.PROVIDER_ROLE_SP, asked["metadata"])
provider = server.getProvider(asked["entityId"])
if asked["encrypt"]:
    provider.setEncryptionMode(lasso.ENCRYPTION_MODE_ASSERTION)

login = lasso.Login(server)
try:
    # It verifies the signature, by the certificate in the metadata.
    login.setSignatureVerifyHint(lasso.PROFILE_SIGNATURE_VERIFY_HINT_FORCE)
    login.processAuthnRequestMsg(asked["query"] if asked["binding"] == "redirect" else asked["request"])
except lasso.Error as error:
    print(json.dumps({"refused": str(error)}))
    sys.exit()

login.setSignatureHint(lasso.PROFILE_SIGNATURE_HINT_FORCE)
login.validateRequestMsg(True, True)
now, later = asked["now"], asked["later"]
login.buildAssertion(lasso.SAML2_AUTHN_CONTEXT_PASSWORD, now, None, now, later)
login.assertion.subject.nameId.content = "ada"
login.buildAuthnResponseMsg()
request = login.request
print(
    json.dumps(
        {
            "issuer": request.issuer.content,
            "id": request.id,
            "acsUrl": request.assertionConsumerServiceUrl,
            "destination": request.destination,
            "asksAgain": bool(request.forceAuthn),
            "takesResponsesAt": login.msgUrl,
            "response": login.msgBody,
        }
    )
)
