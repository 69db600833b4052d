"""prune.py ADDONS ROOT...: keeps the roots, what they depend on and what installs itself beside them; deletes every other addon."""

import ast
import shutil
import sys
from pathlib import Path


def read(folder: Path) -> dict[str, dict]:
    return {path.parent.name: ast.literal_eval(path.read_text()) for path in folder.glob("*/__manifest__.py")}


def needs(name: str, manifest: dict) -> set[str]:
    return set(manifest.get("depends", [] if name == "base" else ["base"]))


def wakes_up(name: str, manifest: dict, kept: set[str]) -> bool:
    trigger = manifest.get("auto_install")
    if not trigger or manifest.get("countries"):
        return False
    return (set(trigger) if isinstance(trigger, (list, tuple, set)) else needs(name, manifest)) <= kept


def closure(manifests: dict[str, dict], roots: set[str]) -> set[str]:
    kept, waiting = set(), set(roots)
    while waiting:
        kept |= waiting
        wanted = set().union(*(needs(name, manifests[name]) for name in kept))
        wanted |= {name for name, manifest in manifests.items() if wakes_up(name, manifest, kept)}
        waiting = wanted - kept
    return kept


def main() -> None:
    folder, roots = Path(sys.argv[1]), {"base", "web", *sys.argv[2:]}
    manifests = read(folder)
    kept = closure(manifests, roots)
    for addon in folder.iterdir():
        if addon.is_dir() and addon.name not in kept:
            shutil.rmtree(addon)
    print(f"{len(kept)} of {len(manifests)} addons kept")


main()
