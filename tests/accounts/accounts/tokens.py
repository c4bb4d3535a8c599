"""Tokens as passwords: signed here with Python's HMAC and with OpenSSL's command."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import subprocess
import time

from harness import wire

from .zoo import SECONDS_MAX, Zoo

SECRET = b"0123456789abcdef0123456789abcdef"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def text(header: dict, claims: dict) -> str:
    return b64(json.dumps(header).encode()) + "." + b64(json.dumps(claims).encode())


def hs256(claims: dict, secret: bytes = SECRET) -> str:
    signed = text({"alg": "HS256", "typ": "JWT"}, claims)
    return signed + "." + b64(hmac.new(secret, signed.encode(), hashlib.sha256).digest())


def claims_of(user: str, seconds: float = 600, **more: object) -> dict:
    return {"sub": user, "exp": int(time.time() + seconds), **more}


def secret_keys(zoo: Zoo) -> str:
    return zoo.write("keys", json.dumps({"keys": [{"kty": "oct", "k": b64(SECRET)}]}))


def tokens_let_in(zoo: Zoo) -> None:
    rules = zoo.write("rules", "user alice\ntopic a\n")
    broker = zoo.broker(f"--auth.jwt.keys={secret_keys(zoo)}", f"--auth.acl={rules}", "--auth.anonymous=refuse",
                        "--auth.jwt.issuer=zoo", "--auth.jwt.leeway=0")
    good = claims_of("alice", iss="zoo")
    client = zoo.client(broker, "whatever", hs256(good))
    client.publish("a", b"x", qos=1)  # the token says who it is
    client.publish("b", b"x", qos=1, code=0x87)
    zoo.client(broker, None, hs256(good), "nameless").publish("a", b"x", qos=1)
    zoo.client(broker, "x", hs256(good), "old", wire.V311).ping()
    for bad in (hs256(good, b"x" * 32), hs256(claims_of("alice", -5, iss="zoo")), hs256(claims_of("alice")),
                hs256({"sub": "alice", "iss": "zoo"}), hs256(good)[:-2], "no token"):
        zoo.refused(broker, "alice", bad, 0x86)


def a_session_ends_with_its_token(zoo: Zoo) -> None:
    broker = zoo.broker(f"--auth.jwt.keys={secret_keys(zoo)}", "--auth.jwt.leeway=0")
    client = zoo.client(broker, None, hs256(claims_of("alice", 8)))
    client.ping()
    client.expect_refusal(0x87, timeout=15)


def public_keys(zoo: Zoo) -> None:
    rsa, ec = zoo.path("rsa.pem"), zoo.path("ec.pem")
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", rsa)
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", ec)
    modulus = bytes.fromhex(openssl("rsa", "-in", rsa, "-modulus", "-noout").decode().split("=")[1])
    point = bytes.fromhex("".join(re.findall(r"[0-9a-f]{2}(?=[:\s])", re.search(
        r"pub:(.*)ASN1", openssl("ec", "-in", ec, "-text", "-noout").decode(), re.S).group(1))))
    keys = {"keys": [{"kty": "RSA", "kid": "r", "n": b64(modulus), "e": "AQAB"},
                     {"kty": "EC", "kid": "e", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])}]}
    broker = zoo.broker(f"--auth.jwt.keys={zoo.write('keys', json.dumps(keys))}", "--auth.anonymous=refuse")
    for algorithm, key, kid in (("RS256", rsa, "r"), ("ES256", ec, "e")):
        signed = text({"alg": algorithm, "kid": kid}, claims_of("alice"))
        signature = openssl("dgst", "-sha256", "-sign", key, data=signed.encode())
        if algorithm == "ES256":
            signature = side_by_side(signature)
        zoo.client(broker, None, f"{signed}.{b64(signature)}", kid).ping()
        zoo.refused(broker, None, f"{signed}.{b64(signature[:-1] + bytes([signature[-1] ^ 1]))}", 0x86)
    kept = zoo.client(broker, None, rs256(rsa), "kept")
    zoo.write("keys", json.dumps({"keys": keys["keys"][1:]}))
    zoo.reload(broker)  # who signed its token is not trusted any more
    kept.expect_refusal(0x87)
    zoo.refused(broker, None, rs256(rsa), 0x86)


def rs256(key: str) -> str:
    signed = text({"alg": "RS256"}, claims_of("bob"))
    return f"{signed}.{b64(openssl('dgst', '-sha256', '-sign', key, data=signed.encode()))}"


def openssl(*arguments: str, data: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], input=data, check=True, capture_output=True, timeout=SECONDS_MAX).stdout


def side_by_side(der: bytes) -> bytes:
    """The two numbers of a signature as a token has them."""
    first = der[4:4 + der[3]]
    second = der[6 + der[3]:]
    return b"".join(n.lstrip(b"\0").rjust(32, b"\0") for n in (first, second))


CASES = [tokens_let_in, a_session_ends_with_its_token, public_keys]
