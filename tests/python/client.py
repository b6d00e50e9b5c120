"""Python's Authlib, unchanged: discovery, code with PKCE, refresh, revocation.

    python client.py ISSUER CLIENT_ID SECRET REDIRECT_URI SCOPE

Prints the address to open, reads where the browser arrived, then a line of JSON a step.
"""

import json
import sys

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, jwt

issuer, client_id, secret, redirect_uri, scope = sys.argv[1:6]


def say(step):
    print(json.dumps(step), flush=True)


found = requests.get(issuer + "/.well-known/openid-configuration", timeout=30).json()
session = OAuth2Session(
    client_id,
    secret or None,
    scope=scope,
    redirect_uri=redirect_uri,
    code_challenge_method="S256",
    token_endpoint_auth_method="client_secret_post" if secret else "none",
    revocation_endpoint_auth_method="client_secret_post" if secret else "none",
)
verifier = generate_token(48)
url, state = session.create_authorization_url(
    found["authorization_endpoint"], code_verifier=verifier
)
say({"open": url})
arrived = sys.stdin.readline().strip()

tokens = session.fetch_token(
    found["token_endpoint"], authorization_response=arrived, state=state, code_verifier=verifier
)
keys = JsonWebKey.import_key_set(requests.get(found["jwks_uri"], timeout=30).json())
claims = jwt.decode(tokens["id_token"], keys)
claims.validate()
say({"subject": claims["sub"], "issuer": claims["iss"]})
renewed = session.refresh_token(found["token_endpoint"], refresh_token=tokens["refresh_token"])
another = renewed["refresh_token"] != tokens["refresh_token"]
say({"renewed": renewed["expires_in"], "another": another})
revoked = session.revoke_token(
    found["revocation_endpoint"], token=renewed["refresh_token"], token_type_hint="refresh_token"
)
try:
    session.refresh_token(found["token_endpoint"], refresh_token=renewed["refresh_token"])
except OAuthError as error:
    say({"ended": error.error, "revoked": revoked.status_code})
