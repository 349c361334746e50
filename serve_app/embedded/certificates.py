"""Certificates: one throw-away authority for the servers of one folder, so that only they talk.

The authority's key is never written down: nobody can be admitted later.
"""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from serve_app.embedded.folder import write_private

VALIDITY = timedelta(days=3650)
_NAMES = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]


def issue(folder: Path) -> None:
    """Write `ca.crt`, `node.crt` and `node.key`, good for both ends of a connection."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("MetricFoundry", authority_key, authority_key, is_authority=True)
    node_key = ec.generate_private_key(ec.SECP256R1())
    node = _certificate("127.0.0.1", node_key, authority_key, is_authority=False)
    pem = serialization.Encoding.PEM
    private = node_key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(folder / "ca.crt", authority.public_bytes(pem).decode())
    write_private(folder / "node.crt", node.public_bytes(pem).decode())
    write_private(folder / "node.key", private.decode())


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool,
) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "MetricFoundry")]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + VALIDITY)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(_NAMES), critical=False)
        .sign(signer, hashes.SHA256())
    )
