"""The fleet's certificates: one authority, one certificate for each pump and for each station.

EC P-256 and TLS 1.3 only, and both ends show a certificate of the same fleet. A certificate opens
a conversation and nothing more: what may be asked of a pump is decided inside it, by the keys that
sign the commands. Private keys are readable by their owner alone; no file is ever overwritten but a
certificate by the one that renews it.
"""

import os
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAYS = 90
"""How long the certificate of a pump or a station is good."""
AUTHORITY_DAYS = 3 * 365
AUTHORITY, CERTIFICATE, TLS_KEY, SIGNING_KEY = "ca.pem", "certificate.pem", "tls.key", "sign.key"
DOMAIN = ".pump.invalid"
"""A pump is called by its serial under a name that no resolver answers for."""
_BEFORE = timedelta(minutes=5)

Use = Literal["pump", "station"]


def host_name(serial: str) -> str:
    """The name by which a pump is called in TLS."""
    return serial.lower() + DOMAIN


@dataclass(frozen=True, slots=True)
class Authority:
    """Whoever signs the fleet's certificates; its key is needed only to make new ones."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def new(cls, folder: Path, name: str, now: datetime | None = None) -> "Authority":
        """A new authority in a folder. Raises `FileExistsError` where there is one."""
        key, called, begin = ec.generate_private_key(ec.SECP256R1()), _name(name), _now(now)
        only = x509.KeyUsage(*(False,) * 5, True, True, *(False,) * 2)
        made = (
            _builder(called, called, key.public_key(), begin, AUTHORITY_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(only, critical=True)
            .sign(key, hashes.SHA256())
        )
        write_secret(folder / "ca.key", _pem(key))
        write_new(folder / AUTHORITY, made.public_bytes(Encoding.PEM))
        return cls(made, key)

    @classmethod
    def read(cls, folder: Path) -> "Authority":
        """The authority of a folder."""
        key = load_pem_private_key((folder / "ca.key").read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("the authority's key is no EC key")
        return cls(x509.load_pem_x509_certificate((folder / AUTHORITY).read_bytes()), key)

    def issue(
        self, folder: Path, name: str, use: Use, days: int = DAYS, now: datetime | None = None
    ) -> None:
        """A key and its certificate in a folder, for a pump's serial or a station's name.

        A pump's certificate is good for a pump only, a station's for a station only.
        """
        key, begin = ec.generate_private_key(ec.SECP256R1()), _now(now)
        called = host_name(name) if use == "pump" else name
        purpose = {
            "pump": ExtendedKeyUsageOID.SERVER_AUTH,
            "station": ExtendedKeyUsageOID.CLIENT_AUTH,
        }
        maker = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        made = (
            _builder(_name(name), self.certificate.subject, key.public_key(), begin, days)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(called)]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([purpose[use]]), critical=False)
            .add_extension(maker, critical=False)
            .sign(self.key, hashes.SHA256())
        )
        write_secret(folder / TLS_KEY, _pem(key))
        write_new(folder / CERTIFICATE, made.public_bytes(Encoding.PEM))

    def renew(self, folder: Path, days: int = DAYS, now: datetime | None = None) -> None:
        """A new certificate in place of a folder's old one, for the same name, use and key.

        It never outlasts the authority. It is one file, replaced at once.
        """
        old, begin = _certificate(folder), _now(now)
        end = min(begin + timedelta(days=days), self.certificate.not_valid_after_utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(old.subject)
            .issuer_name(self.certificate.subject)
            .public_key(old.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin - _BEFORE)
            .not_valid_after(end)
        )
        for extension in old.extensions:
            builder = builder.add_extension(extension.value, extension.critical)
        fresh = folder / f"{CERTIFICATE}.new"
        fresh.unlink(missing_ok=True)
        made = builder.sign(self.key, hashes.SHA256())
        write_new(fresh, made.public_bytes(Encoding.PEM))
        fresh.replace(folder / CERTIFICATE)


def expires(folder: Path) -> datetime:
    """When the certificate of a pump or station ends."""
    return _certificate(folder).not_valid_after_utc


def ended(folder: Path, now: datetime | None = None) -> datetime | None:
    """When the certificate of a folder ended; None while it is good."""
    end = expires(folder)
    return end if end <= _now(now) else None


def pump_side(authority: Path, folder: Path | None) -> ssl.SSLContext:
    """TLS for the host: nobody gets in without a certificate of the fleet.

    `folder` holds the pump's certificate; without it the context can only ask who is meant.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.num_tickets = 0  # every connection is a full handshake, with both certificates
    return _closed(context, authority, folder)


def station_side(authority: Path, folder: Path) -> ssl.SSLContext:
    """TLS for a station: it shows its own certificate and checks the pump's name."""
    return _closed(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), authority, folder)


def new_signing_key(folder: Path) -> Ed25519PrivateKey:
    """A new Ed25519 key in a folder, for what is signed end to end."""
    key = Ed25519PrivateKey.generate()
    write_secret(folder / SIGNING_KEY, _pem(key))
    return key


def signing_key(folder: Path) -> Ed25519PrivateKey:
    """The Ed25519 key of a folder."""
    key = load_pem_private_key((folder / SIGNING_KEY).read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("the signing key is no Ed25519 key")
    return key


def write_new(path: Path, body: bytes, mode: int = 0o644) -> None:
    """A new file; `FileExistsError` where there is one."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(file, "wb") as opened:
        opened.write(body)


def write_secret(path: Path, body: bytes) -> None:
    """A new file that its owner alone can read."""
    write_new(path, body, 0o600)


def _closed(context: ssl.SSLContext, authority: Path, folder: Path | None) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority)
    if folder is not None:
        context.load_cert_chain(folder / CERTIFICATE, folder / TLS_KEY)
    return context


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    begin: datetime,
    days: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin - _BEFORE)
        .not_valid_after(begin + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _certificate(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / CERTIFICATE).read_bytes())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _now(now: datetime | None) -> datetime:
    return now or datetime.now(UTC)


def _pem(key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
