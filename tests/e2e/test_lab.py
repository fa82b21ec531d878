"""Every notebook runs from top to bottom in JupyterLab, and gives what the book shows: `make labcheck`."""

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
from tools.record import SETTLED

from .conftest import SHOTS

OPEN = "() => window.jupyterapp?.shell.currentWidget?.context?.isReady"
RUN = """async () => {
  const app = window.jupyterapp, { context } = app.shell.currentWidget;
  await context.sessionContext.ready;
  await app.commands.execute("notebook:run-all-cells");
  const ran = cell => cell.type !== "code" || cell.executionCount !== null;
  while (![...context.model.cells].every(ran)) await new Promise(done => setTimeout(done, 100)); // one raised early
  await app.commands.execute("docmanager:save");
}"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab on a copy of the chapters, trusted: the folder, and the address of a file in it."""
    folder = tmp_path_factory.mktemp("lab")
    home = folder / "book"
    home.mkdir()
    shutil.copytree(BOOK / "_static", home / "_static")
    for page in notebooks():
        shutil.copy(page.with_suffix(".ipynb"), home)
    own = {
        f"JUPYTER_{kind}_DIR": str(folder / kind)
        for kind in ("DATA", "CONFIG", "RUNTIME")
    }
    environment = {
        **os.environ,
        **SETTLED,
        **own,
        "IPYTHONDIR": str(folder / "profile"),
    }
    environment.pop("PYTHONPATH", None)
    jupyter = [sys.executable, "-m", "jupyter"]
    subprocess.run(
        [*jupyter, "trust", *home.glob("*.ipynb")],
        env=environment,
        check=True,
        capture_output=True,
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex()
    options = [
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        f"--IdentityProvider.token={token}",
    ]
    options += ["--LabApp.expose_app_in_browser=True", "--LabApp.news_url="]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [*jupyter, "lab", *options, home], env=environment, stdout=log, stderr=log
        )
        try:
            site = f"http://127.0.0.1:{port}/"
            for _ in range(120):
                try:
                    urlopen(f"{site}api?token={token}").close()
                    break
                except OSError:
                    time.sleep(0.5)
            yield (
                home,
                lambda name: (
                    f"{site}lab/workspaces/{Path(name).stem}/tree/{name}?token={token}"
                ),
            )
        finally:
            server.terminate()
            server.wait(30)


def plain(notebook):
    """The outputs of every cell, less what says only when or as which output they came."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and "nbval-ignore-output" not in cell.metadata.get(
            "tags", []
        ):
            outputs = [{**output, "execution_count": None} for output in cell.outputs]
            for output in outputs:
                output.pop("transient", None)
                output.pop("traceback", None)
            yield cell.source, outputs


@pytest.mark.parametrize("page", notebooks(), ids=lambda page: page.stem)
def test_a_notebook_runs_in_jupyterlab(page, lab, browser):
    home, address = lab
    name = f"{page.stem}.ipynb"
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        tab = context.new_page()
        tab.set_default_timeout(120_000)
        tab.goto(address(name))
        tab.wait_for_function(OPEN)
        tab.evaluate(RUN)
        tab.wait_for_timeout(500)
        SHOTS.mkdir(parents=True, exist_ok=True)
        pictures = tab.locator(".jp-OutputArea svg[role=img]").first
        if pictures.count():
            pictures.scroll_into_view_if_needed()
        tab.screenshot(path=SHOTS / f"lab_{page.stem}.png")
    run = list(plain(nbformat.read(home / name, as_version=4)))
    recorded = list(plain(nbformat.read(page.with_suffix(".ipynb"), as_version=4)))
    assert [
        pair for pair in zip(run, recorded, strict=True) if pair[0] != pair[1]
    ] == []
