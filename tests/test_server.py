"""The shared server answers, and tells users apart."""

import pytest
from conftest import RpcError


def test_a_user_calls_a_model(odoo_server):
    [user] = odoo_server.call("admin", "res.users", "search_read", [["login", "=", "admin"]], ["login"])
    assert user["login"] == "admin"


def test_a_wrong_password_is_refused(odoo_server):
    with pytest.raises(RpcError, match="AccessDenied"):
        odoo_server.session("nobody", "wrong")


def test_our_addons_are_installed_in_chinese_too(odoo_server):
    installed = odoo_server.sql("SELECT name FROM ir_module_module WHERE state = 'installed'")
    assert ["quality_incident"] in installed
    assert odoo_server.sql("SELECT code FROM res_lang WHERE active ORDER BY code") == [["en_US"], ["zh_CN"]]
