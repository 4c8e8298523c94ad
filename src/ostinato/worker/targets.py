"""Finds what targets name: one workflow to run, or all definitions of modules to serve.

A workflow is `path/to/file.py:name`, `package.module:name` or `package.module.name`; for a module the name is left out.
Importing runs the author's module; nothing else here does anything.
"""

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import machinery
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, cast

from ostinato.errors import TargetError, UsageError
from ostinato.payloads.policy import PLAIN, Payloads
from ostinato.replay.definitions import Activity, Definition, Workflow
from ostinato.storage.urls import is_store_url, payloads_of_url
from ostinato.worker.catalog import Catalog, catalog_of, definitions_in
from ostinato.worker.stand_ins import StandIn, stand_ins_in

FORMS = "path/to/file.py:name, package.module:name or package.module.name"


@dataclass(frozen=True)
class Target:
    """A workflow, and all definitions that its module can name."""

    workflow: Workflow[..., Any]
    catalog: Catalog
    stand_ins: Mapping[str, StandIn] = field(default_factory=lambda: MappingProxyType[str, StandIn]({}))
    """What is called in place of Lambda functions, by their names."""
    has_stand_ins: bool = False
    """Whether there are some in the workflow's own module."""


def load_target(target: str, stand_ins: Iterable[str] = ()) -> Target:
    """Import the target's module and find the workflow in it.

    Args:
        target: the workflow.
        stand_ins: targets whose modules have more of what is called in place of Lambda functions.

    Raises:
        TargetError: there is no such file, module or name, a module cannot be imported (the cause is its exception),
            what is there is not a workflow, or a module has no stand-in.
        UsageError: two functions in it claim the same type, or stand in for the same Lambda function.
    """
    module_name, colon, name = target.rpartition(":")
    if not colon:
        module_name, name = _split_without_colon(target)
    module = _import_file(Path(module_name)) if _is_file(module_name) else _import_module(module_name)
    workflow = _find(module, name, target)
    return Target(
        workflow,
        catalog_of([workflow, *definitions_in(module)]),
        stand_ins_in(module, *map(_module_with_stand_ins, stand_ins)),
        has_stand_ins=bool(stand_ins_in(module)),
    )


def load_catalog(targets: Iterable[str]) -> Catalog:
    """Import the targets' modules, and give all definitions that they can name.

    Raises:
        TargetError: there is no such file, module or name, it cannot be imported, or it has nothing to serve.
        UsageError: two functions claim the same type.
    """
    found: list[Definition] = []
    for target in targets:
        found += _definitions(target)
    return catalog_of(found)


def load_stand_ins(targets: Iterable[str]) -> Mapping[str, StandIn]:
    """Import the targets' modules, and give what is called in place of the Lambda functions that they can name.

    Raises:
        TargetError: there is no such file or module, it cannot be imported, or it has no stand-in.
        UsageError: two functions stand in for the same Lambda function.
    """
    return stand_ins_in(*map(_module_with_stand_ins, targets))


def load_payloads(name: str) -> Payloads:
    """The `Payloads` that the name says: `package.module:name`, `path/to/file.py:name` or a store's URL; JSON if empty.

    Raises:
        TargetError: there is no such module or name, or it cannot be imported.
        UsageError: it is no `Payloads`, or what its store needs is not installed.
    """
    if not name:
        return PLAIN
    if is_store_url(name):
        return payloads_of_url(name)
    module_name, _, attribute = name.rpartition(":")
    if not module_name:
        raise UsageError(where="--payloads", found=repr(name), expected="package.module:name, or the URL of a store")
    module = _import_file(Path(module_name)) if _is_file(module_name) else _import_module(module_name)
    found = _lookup(module, attribute)
    if not isinstance(found, Payloads):
        raise UsageError(
            where="--payloads", found=f"{attribute!r} in {module.__name__} is {found!r}", expected="a value of Payloads"
        )
    return found


def _definitions(target: str) -> list[Definition]:
    module, name = _module_of(target)
    if name:
        named = _lookup(module, name)
        if not isinstance(named, Workflow | Activity):
            raise TargetError(
                found=f"{module.__name__} has no workflow or activity {name!r}", hint=_what_is_there(module)
            )
        return [cast("Definition", named), *definitions_in(module)]
    definitions = list(definitions_in(module))
    if not definitions:
        raise TargetError(found=f"there is no workflow and no activity in {module.__name__}")
    return definitions


def _module_of(target: str) -> tuple[ModuleType, str]:
    """The module, imported, and what is named in it; empty if that is all of it."""
    module_name, colon, name = target.rpartition(":")
    if not colon:
        module_name = target
        if not _is_file(target) and _importable(target) is None:
            module_name, name = _split_without_colon(target)
        else:
            name = ""
    return _import_file(Path(module_name)) if _is_file(module_name) else _import_module(module_name), name


def _module_with_stand_ins(target: str) -> ModuleType:
    module, _ = _module_of(target)
    if not stand_ins_in(module):
        raise TargetError(
            found=f"no function in {module.__name__} stands in for a Lambda function",
            hint="LambdaFunction(name, stand_in=function) says which does",
        )
    return module


def _importable(name: str) -> machinery.ModuleSpec | None:
    """The module of that name, found but not imported; None if there is none, or if the name cannot be a module's."""
    if not all(part.isidentifier() for part in name.split(".")):
        return None
    _make_importable(Path.cwd())
    try:
        return importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return None
    except (Exception, SystemExit) as error:
        raise _import_failed(name, error) from error


def _lookup(module: ModuleType, name: str) -> Any:
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def _split_without_colon(target: str) -> tuple[str, str]:
    if _is_file(target):
        return target, ""
    module_name, dot, name = target.rpartition(".")
    if not dot:
        raise TargetError(found=f"the target {target!r} names no module", expected=FORMS)
    return module_name, name


def _is_file(name: str) -> bool:
    return name.endswith(".py") or "/" in name or "\\" in name


def _import_file(path: Path) -> ModuleType:
    if path.is_dir():
        raise TargetError(found=f"{path} is a directory", expected=FORMS)
    if not path.is_file():
        raise TargetError(found=f"there is no file {path}", hint=f"The current directory is {Path.cwd()}")
    if path.suffix != ".py":
        raise TargetError(found=f"{path} is not a Python file", expected=FORMS)
    root, name = _place_in_package(path.resolve())
    loaded = sys.modules.get(name)
    if loaded is None:
        return _import_from(root, name, path)
    if Path(getattr(loaded, "__file__", None) or "").resolve() != path.resolve():
        raise TargetError(
            found=f"{path} cannot be imported as {name!r}: a module of that name is loaded already",
            hint="Rename the file",
        )
    return loaded


def _place_in_package(path: Path) -> tuple[Path, str]:
    """The directory to import the file from, and its module's name: within a package, the dotted one."""
    root = path.parent
    parts = [] if path.stem == "__init__" else [path.stem]
    while (root / "__init__.py").is_file():
        parts.insert(0, root.name)
        root = root.parent
    return root, ".".join(parts)


def _import_from(root: Path, name: str, path: Path) -> ModuleType:
    _make_importable(root)
    is_name = all(part.isidentifier() for part in name.split("."))
    if not is_name or ("." not in name and machinery.PathFinder.find_spec(name, [str(root)]) is None):
        raise TargetError(found=f"{path} cannot be imported: {name!r} is not a module's name", hint="Rename the file")
    return _import_module(name)


def _import_module(name: str) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")):
        raise TargetError(found=f"{name!r} is not a module's name", expected=FORMS)
    _make_importable(Path.cwd())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise TargetError(
                found=f"there is no module {error.name!r}",
                expected=FORMS,
                hint=f"Modules are looked for in {Path.cwd()} and where Python is installed",
            ) from None
        raise _import_failed(name, error) from error
    except (Exception, SystemExit) as error:
        raise _import_failed(name, error) from error


def _import_failed(name: str, error: BaseException) -> TargetError:
    return TargetError(found=f"importing {name} failed: {type(error).__name__}: {error}")


def _make_importable(directory: Path) -> None:
    if str(directory) not in sys.path:
        sys.path.insert(0, str(directory))


def _find(module: ModuleType, name: str, target: str) -> Workflow[..., Any]:
    if not name:
        raise TargetError(found=f"the target {target!r} names no workflow", expected=FORMS, hint=_what_is_there(module))
    found = _lookup(module, name)
    if isinstance(found, Workflow):
        return cast("Workflow[..., Any]", found)
    match found:
        case None if _is_module(f"{module.__name__}.{name}", module):
            problem = f"{module.__name__}.{name} is a module, and a workflow in it is needed"
        case None:
            problem = f"{module.__name__} has no {name!r}"
        case Activity():
            problem = f"{name} is an activity, and a workflow is needed"
        case ModuleType():
            problem = f"{found.__name__} is a module, and a workflow in it is needed"
        case _ if callable(found):
            problem = f"{name} is not a workflow: it has no @workflow"
        case _:
            problem = f"{name} is not a workflow, but of type {type(found).__name__}"
    there = found if isinstance(found, ModuleType) else module
    raise TargetError(found=problem, hint=_what_is_there(there))


def _is_module(name: str, package: ModuleType) -> bool:
    """Whether the package holds a module of that name, which nobody has imported."""
    return machinery.PathFinder.find_spec(name, getattr(package, "__path__", [])) is not None


def _what_is_there(module: ModuleType) -> str:
    names = [name for name, value in vars(module).items() if isinstance(value, Workflow)]
    return f"Workflows there: {', '.join(sorted(names))}" if names else "There is no workflow there"
