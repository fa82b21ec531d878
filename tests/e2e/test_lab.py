"""Every notebook gives in JupyterLab what the book shows: `make labcheck`."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import nbformat
import pytest

from tools.book import BOOK, notebooks
from tools.follow import find_page, write_folder
from tools.record import SETTLED
from tools.start_follow import begin

from .conftest import SHOTS

OPEN = "() => window.jupyterapp?.shell.currentWidget?.context?.isReady"
RUN = """async () => {
  const app = window.jupyterapp, { context } = app.shell.currentWidget;
  await context.sessionContext.ready;
  await app.commands.execute("notebook:run-all-cells");
  const ran = cell => cell.type !== "code" || cell.executionCount !== null;
  while (![...context.model.cells].every(ran)) // one raised early
    await new Promise(done => setTimeout(done, 100));
  await app.commands.execute("docmanager:save");
}"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab on a copy of the chapters: its folder, and a file's address."""
    folder = tmp_path_factory.mktemp("lab")
    home = folder / "book"
    home.mkdir()
    shutil.copytree(BOOK / "_static", home / "_static")
    for page in notebooks():
        shutil.copy(page.with_suffix(".ipynb"), home)
    environment = {**os.environ, **SETTLED, "IPYTHONDIR": str(folder / "profile")}
    for kind in ("DATA", "CONFIG", "RUNTIME"):
        environment[f"JUPYTER_{kind}_DIR"] = str(folder / kind)
    environment.pop("PYTHONPATH", None)
    jupyter = [sys.executable, "-m", "jupyter"]
    trust = [*jupyter, "trust", *home.glob("*.ipynb")]
    subprocess.run(trust, env=environment, check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex()
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
    options += [f"--IdentityProvider.token={token}", "--LabApp.news_url="]
    options += ["--LabApp.expose_app_in_browser=True"]
    command = [*jupyter, "lab", *options, home]
    site = f"http://127.0.0.1:{port}/"

    def make_address(name):
        workspace = f"lab/workspaces/{Path(name).stem}"
        return f"{site}{workspace}/tree/{name}?token={token}"

    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            for _ in range(120):
                try:
                    urlopen(f"{site}api?token={token}").close()
                    break
                except OSError:
                    time.sleep(0.5)
            yield home, make_address
        finally:
            server.terminate()
            server.wait(30)


def list_outputs(file):
    """The source and outputs of every cell, less what may differ between two runs."""
    for cell in nbformat.read(file, as_version=4).cells:
        is_compared = "nbval-ignore-output" not in cell.metadata.get("tags", [])
        if cell.cell_type == "code" and is_compared:
            outputs = [{**output, "execution_count": None} for output in cell.outputs]
            for output in outputs:
                output.pop("transient", None)
                output.pop("traceback", None)
            yield cell.source, outputs


@pytest.mark.parametrize("page", notebooks(), ids=lambda page: page.stem)
def test_a_notebook_runs_in_jupyterlab(page, lab, browser):
    home, make_address = lab
    name = f"{page.stem}.ipynb"
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        tab = context.new_page()
        tab.set_default_timeout(120_000)
        tab.goto(make_address(name))
        tab.wait_for_function(OPEN)
        tab.evaluate(RUN)
        tab.wait_for_timeout(500)
        SHOTS.mkdir(parents=True, exist_ok=True)
        pictures = tab.locator(".jp-OutputArea svg[role=img]").first
        if pictures.count():
            pictures.scroll_into_view_if_needed()
        tab.screenshot(path=SHOTS / f"lab_{page.stem}.png")
    record = list_outputs(page.with_suffix(".ipynb"))
    pairs = zip(list_outputs(home / name), record, strict=True)
    assert [pair for pair in pairs if pair[0] != pair[1]] == []


def test_a_chapter_is_typed_in_jupyterlab(lab, browser):
    home, make_address = lab
    page = find_page("2")
    folder = home / "typed"
    write_folder(page, folder)
    notebook = begin(folder)
    trust = [sys.executable, "-m", "jupyter", "trust", notebook]
    subprocess.run(trust, check=True, capture_output=True)
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        tab = context.new_page()
        tab.set_default_timeout(120_000)
        tab.goto(make_address(f"typed/{notebook.name}"))
        tab.wait_for_function(OPEN)
        tab.screenshot(path=SHOTS / "lab_typed_begun.png")
        tab.evaluate(RUN)
        tab.wait_for_timeout(500)
        tab.screenshot(path=SHOTS / "lab_typed.png")
    last = nbformat.read(notebook, as_version=4).cells[-1]
    assert "ourdl/node.py is the book's" in last.outputs[0].text
    assert (folder / "ourdl/node.py").exists()
