"""The documentation names everything public, has no page that nobody finds, and no link that leads nowhere (without Sphinx)."""

import pkgutil
import re
from pathlib import Path

import pytest

import jaxqb as qb

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(page for kind in ("md", "rst") for page in DOCS.rglob(f"*.{kind}") if not {"_build", "gallery"} & set(page.parts))
WRITTEN = [*PAGES, ROOT / "README.md", ROOT / "examples" / "GALLERY_HEADER.rst"]
SOURCES = sorted(source for source in (ROOT / "jaxqb").rglob("*.py") if "https://" in source.read_text(encoding="utf-8"))
LISTED = (DOCS / "outside.txt").read_text(encoding="utf-8")
ADDRESS = r"https?://[^\s)>`\"\]]+"


def text(page):
    return page.read_text(encoding="utf-8")


def documented():
    """Names that a page of the reference has an entry for."""
    found = set()
    for page in (DOCS / "api").glob("*.rst"):
        found |= set(re.findall(r"\.\. auto(?:class|function|exception|module):: (jaxqb[\w.]+)", text(page)))
        found |= set(re.findall(r"^   (jaxqb\.merit\.\w+)$", text(page), re.MULTILINE))
        for module, members in re.findall(r"\.\. automodule:: (jaxqb[\w.]+)\n(?:   .*\n)*?   :members: (.+)", text(page)):
            found |= {f"{module}.{name}" for name in members.split(", ")}
    return found


def test_every_public_name_is_in_the_reference():
    public = {f"jaxqb.{name}" for name in (*qb._NAMES, *qb._SUBMODULES)}
    assert public - documented() <= {"jaxqb.laws"}  # whose page says more than the module does


def test_every_figure_of_merit_is_in_the_reference():
    assert {f"jaxqb.merit.{name}" for name in qb.merit.NAMED} <= documented()


@pytest.mark.parametrize("module", ["errors", "laws", "reservoirs"])
def test_what_these_modules_hold_is_in_the_reference(module):
    classes = {name for name, value in vars(getattr(qb, module)).items() if getattr(value, "__module__", "").startswith("jaxqb.")}
    known = {name.rpartition(".")[2] for name in documented()}
    assert classes and {name for name in classes if name[0].isupper()} <= known


def test_every_entry_of_the_reference_exists():
    for name in documented():
        assert pkgutil.resolve_name(name) is not None


def test_every_page_is_in_a_list_of_pages():
    listed = {DOCS / "index.md"}
    for page in PAGES:
        blocks = re.findall(r"```\{toctree\}\n(.*?)```", text(page), re.DOTALL)
        blocks += re.findall(r"\.\. toctree::\n((?:[ \t]+.*\n|\n)+)", text(page))
        for line in "\n".join(blocks).splitlines():
            entry = line.rpartition("<")[2].strip(" >")
            listed |= {(page.parent / f"{entry}.{kind}").resolve() for kind in ("md", "rst")}
    assert not set(PAGES) - listed


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_files_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?://|#)([^)\s#]+)", text(page))
    links += [f"{role.rpartition('<')[2].rstrip('>')}.md" for role in re.findall(r"\{doc\}`([^`]+)`", text(page))]
    for link in links:
        target = (page.parent / link).resolve()
        made = target.parent == DOCS / "gallery"  # of an example, or the list of them
        assert target.exists() or (made and (target.stem == "index" or (ROOT / "examples" / f"{target.stem}.py").exists())), link


@pytest.mark.parametrize("page", [*WRITTEN, *SOURCES], ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_the_outside_are_listed(page):
    known = set(re.findall(ADDRESS, LISTED))
    assert {address.rstrip(".,;:") for address in re.findall(ADDRESS, text(page))} <= known


def test_names_of_other_packages_are_listed():
    """Roles such as {func}`jax.grad`, which Sphinx looks up in the list."""
    roles = re.findall(r"\{(?:func|class|obj)\}`(?:[^`<]*<)?~?([\w.]+)>?`", "".join(text(page) for page in PAGES))
    used = {name for name in roles if not name.startswith("jaxqb.")}
    assert used and used <= {line.split()[0] for line in LISTED.splitlines() if len(line.split()) == 3}
