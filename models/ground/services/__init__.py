"""The services: what is said, one file each. Adding one is adding a file that names its factory `service`."""

import importlib
import inspect
import pkgutil

from models.ground.conversation import Conversation, Service

__all__ = ["find", "names"]


def names() -> list[str]:
    """The names of the services of this package, from its files: `upper_sb.py` is `upper-sb`."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__))


def find(name: str) -> Service:
    """The factory called `name`: one of `names()`, or `package.module:factory` for a service of your own.

    It is tried once, so that a factory that cannot work is found now and not by the first client. Raises LookupError, in a
    sentence for the user, when there is no such service, when it cannot be loaded, and when it makes no conversation.
    """
    if ":" not in name:
        if name not in names():
            raise LookupError(f"no service called {name!r}")
        module_name, factory_name = f"{__name__}.{name.replace('-', '_')}", "service"
    else:
        module_name, _, factory_name = name.partition(":")
    try:
        factory = getattr(importlib.import_module(module_name), factory_name)
    except (ImportError, AttributeError) as error:
        advice = f"; pip install {error.name}" if ":" not in name and isinstance(error, ModuleNotFoundError) else ""
        raise LookupError(f"service {name!r} cannot be loaded: {error}{advice}") from error
    except Exception as error:  # a module of the user's own may raise anything
        raise LookupError(f"service {name!r} cannot be loaded: {error!r}") from error
    if not callable(factory):
        raise LookupError(f"service {name!r} is not callable")
    if inspect.iscoroutinefunction(factory):
        raise LookupError(f"service {name!r} is a coroutine function; a factory is an ordinary one")
    try:
        made = factory()
    except Exception as error:  # so may its factory
        raise LookupError(f"service {name!r} cannot start a conversation: {error!r}") from error
    if not isinstance(made, Conversation):
        raise LookupError(f"service {name!r} makes an object of type {type(made).__name__}, not a Conversation")
    service: Service = factory
    return service
