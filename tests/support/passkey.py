"""What a browser answers when a passkey is made, as allauth keeps it; signed by nobody."""

import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from secrets import token_bytes
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

FLAGS = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT


def passkey(name: str, *, signs_in_alone: bool = True) -> dict[str, Any]:
    """The data of an Authenticator."""
    identity = token_bytes(16)
    public_key = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    made = AttestedCredentialData.create(Aaguid.NONE, identity, public_key)
    data = AuthenticatorData.create(sha256(b"testserver").digest(), FLAGS, 0, made)
    client_data = {"type": "webauthn.create", "challenge": _spelt(b"x"), "origin": "http://testserver"}
    response = {
        "clientDataJSON": _spelt(json.dumps(client_data).encode()),
        "attestationObject": _spelt(bytes(AttestationObject.create("none", data, {}))),
    }
    properties = {"credProps": {"rk": signs_in_alone}}
    credential = {
        "id": _spelt(identity),
        "rawId": _spelt(identity),
        "type": "public-key",
        "response": response,
    }
    return {"name": name, "credential": {**credential, "clientExtensionResults": properties}}


def _spelt(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")
