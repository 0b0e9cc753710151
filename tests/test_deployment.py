"""The files for real installations are what their readers accept: Docker, compose, nginx and Odoo."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import crossplane
import pytest

from devtools import addons
from devtools.paths import REPO

DOCKER = REPO / "docker"
PROGRAMS = Path(sys.executable).parent


def check(*command, **options):
    """Run a checker and fail with what it says."""
    result = subprocess.run(command, capture_output=True, text=True, **options)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_the_dockerfile_passes_hadolint():
    check(PROGRAMS / "hadolint", "--failure-threshold=warning", DOCKER / "Dockerfile")


def test_the_image_has_what_the_manifests_need():
    wanted = {name for manifest in addons.manifests().values()
              for name in manifest.get("external_dependencies", {}).get("python", [])}
    dockerfile = (DOCKER / "Dockerfile").read_text()
    requirements = (REPO / "requirements/odoo.txt").read_text()
    for name in wanted:
        [pinned] = re.findall(rf"^{name}==\S+", requirements, re.MULTILINE)
        assert pinned in dockerfile


def test_compose_follows_its_schema():
    check(PROGRAMS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", DOCKER / "compose.yaml")


def test_nginx_sends_the_websocket_to_the_gevent_port(tmp_path):
    # What the image wraps around a file in conf.d.
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"events {{}}\nhttp {{\n    include {DOCKER / 'nginx.conf'};\n}}\n")
    parsed = crossplane.parse(str(whole))
    assert parsed["status"] == "ok", json.dumps(parsed["errors"])
    blocks = parsed["config"][1]["parsed"]
    upstreams = {block["args"][0]: block["block"][0]["args"][0] for block in blocks if block["directive"] == "upstream"}
    [server] = [block["block"] for block in blocks if block["directive"] == "server"]
    routes = {block["args"][0]: next(line["args"][0] for line in block["block"] if line["directive"] == "proxy_pass")
              for block in server if block["directive"] == "location"}
    assert upstreams[routes["/websocket"].removeprefix("http://")].endswith(":8072")
    assert upstreams[routes["/"].removeprefix("http://")].endswith(":8069")


@pytest.mark.parametrize("addon", addons.manifests())
def test_an_addon_can_be_installed_by_pip(addon, tmp_path):
    check(PROGRAMS / "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path,
          REPO / "addons" / addon)
    [wheel] = tmp_path.glob(f"odoo_addon_{addon}-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert f"odoo/addons/{addon}/__manifest__.py" in names


@pytest.mark.parametrize("file", [REPO / "odoo.conf", DOCKER / "odoo.conf"], ids=["odoo.conf", "docker/odoo.conf"])
def test_odoo_knows_every_setting(odoo, file, tmp_path):
    text = re.sub(r"(?m)^(addons_path|data_dir) = .*$", rf"\1 = {tmp_path}", file.read_text())
    (tmp_path / "addon").mkdir()
    (tmp_path / "addon/__manifest__.py").write_text("{'name': 'x'}")
    (tmp_path / "addon/__init__.py").touch()
    (tmp_path / "odoo.conf").write_text(text)
    script = (
        "import json, sys, odoo.init\n"
        "from odoo.tools import config\n"
        "config.parse_config(['-c', sys.argv[1]], setup_logging=False)\n"
        "known = {option.dest for option in config.options_index.values() if option.file_loadable}\n"
        "print(json.dumps(sorted(set(config._file_options) - known)))\n"
        "print(config['workers'], config['list_db'], config['proxy_mode'])\n"
    )
    environment = {name: value for name, value in odoo.environment().items() if not name.startswith("ODOO_")}
    output = check(odoo.python, "-c", script, tmp_path / "odoo.conf", env=environment)
    unknown, settings = output.splitlines()
    assert json.loads(unknown) == []
    assert re.fullmatch(r"[45] False True", settings)
