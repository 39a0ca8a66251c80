"""Settings from the environment."""

from pathlib import Path

import pytest

from chassis.settings import CannotStart, Settings


def test_each_service_reads_its_own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL_REGISTRY", "postgresql://registry@h/registry")
    monkeypatch.setenv("DATABASE_URL_NOTIFY", "postgresql://notify@h/notify")
    assert Settings("registry").database_url == "postgresql://registry@h/registry"
    assert Settings("reporting").database_url == ""


def test_lists_and_numbers_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOIHOP_WEBHOOK_SCHEDULE", "0, 0.5,2")
    monkeypatch.setenv("PHOIHOP_HTTP_PORT", "21010")
    monkeypatch.setenv("PHOIHOP_PUBLIC_URL", "http://example.test/")
    settings = Settings("notify")
    assert settings.webhook_schedule == (0, 0.5, 2)
    assert settings.http_port == 21010
    assert settings.public_url == "http://example.test"


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOIHOP_HTTP_PORT", "eighty")
    with pytest.raises(CannotStart, match="PHOIHOP_HTTP_PORT"):
        Settings("registry")


def test_secrets_are_files(tmp_path: Path) -> None:
    (tmp_path / "api-key-pepper").write_bytes(b"00ff\n")
    settings = Settings("registry", secrets=tmp_path)
    assert settings.secret("api-key-pepper") == b"00ff"
    with pytest.raises(CannotStart, match=r"jwt-issuer\.pem"):
        settings.secret("jwt-issuer.pem")
