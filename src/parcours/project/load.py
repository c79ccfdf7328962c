"""Loads a project: reads every file, checks everything against everything else, and tells all faults at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import Any

from ruamel.yaml.comments import CommentedMap
from sqlglot import exp

from parcours.consent.declared import Declared
from parcours.model import CONTRACTS
from parcours.model.value import Place, Title
from parcours.project import offer_references, questionnaires, references, slots
from parcours.project.acquisition import FILE as ACQUISITION
from parcours.project.acquisition import read_acquisition, usual_acquisition
from parcours.project.attributes import read_attributes
from parcours.project.audiences import read_audience
from parcours.project.consents import FILE as CONSENTS
from parcours.project.consents import belonging_to, read_consents, usual_consents
from parcours.project.definitions import Identity, Project
from parcours.project.faults import Faults, close_to
from parcours.project.identity import FILE as IDENTITY
from parcours.project.identity import KINDS as IDENTIFIERS
from parcours.project.identity import read_identity, usual_identity
from parcours.project.known import Known
from parcours.project.nodes import place_by_path, read_yaml
from parcours.project.offer_references import Offering
from parcours.project.offering import Offer, Supplier
from parcours.project.offers import read_offers
from parcours.project.questionnaire import Questionnaire
from parcours.project.reader import Reader, plain, sentence
from parcours.project.scores import read_scores
from parcours.project.secret import Secret
from parcours.project.segments import read_segments
from parcours.project.settings import FILE, TomlFile, read_settings
from parcours.project.slot import Slot
from parcours.project.sources import read_source
from parcours.project.tests import read_test
from parcours.project.toml import read_toml
from parcours.rules import expressions
from parcours.rules.acquisition import Acquisition
from parcours.rules.parsing import parse
from parcours.rules.rule import Rule
from parcours.rules.subject import Subject

_PACKS = {"attribute": "pack of attributes", "segment": "pack of segments", "score": "pack of scores"}
FOLDERS = ("sources", "attributes", "segments", "scores", "offers", "slots", "questionnaires", "audiences", "tests")

# {"source": {"files": Files}, "attribute": {"sum": Sum}} and, of what is ready-made, the files:
# {"attribute_pack": {"retail": .../retail.yaml}, "segment_pack": {...}}; and checks of files that only a room knows,
# {"check": {"stages": check}}, each given the project's folder and giving faults; of those that speak of attributes,
# {"check_project": {"discovery": check}}, each given the project.
Kinds = Mapping[str, Mapping[str, Any]]


def load(folder: Path, kinds: Kinds) -> Project:
    """The project in a folder. Raises ProjectFaults with everything that is wrong in it."""
    faults = Faults()
    loading = _Loading(folder, kinds, faults)
    project = loading.project()
    faults.stop()
    assert project is not None
    return project


def packs_in(package: ModuleType) -> dict[str, Path]:
    """The ready-made definitions that a room ships, `packs/*.yaml` beside its code, by name."""
    folder = Path(str(resources.files(package))) / "packs"
    return {file.stem: file for file in sorted(folder.glob("*.yaml"))}


def find(start: Path) -> Path | None:
    """The folder of the project that a folder is in: the nearest one above with a parcours.toml."""
    for folder in (start.absolute(), *start.absolute().parents):
        if (folder / FILE).is_file():
            return folder
    return None


def definition_files(folder: Path) -> list[Path]:
    """Every file in which a project says what it wants, from its folder: parcours.toml, stages.yaml, sources/ ..."""
    own = [file for ending in ("*.toml", "*.yaml", "*.yml") for file in folder.glob(ending)]
    own += [file for name in FOLDERS for ending in ("*.yaml", "*.yml") for file in (folder / name).rglob(ending)]
    return sorted(file.relative_to(folder) for file in own if file.is_file())


@dataclass
class _Loading:
    folder: Path
    kinds: Kinds
    faults: Faults
    found: references.Found = field(default_factory=references.Found)
    offering: Offering = field(default_factory=Offering)
    slots: dict[str, Slot] = field(default_factory=dict)
    questionnaires: dict[str, Questionnaire] = field(default_factory=dict)

    def project(self) -> Project | None:
        if not (self.folder / FILE).is_file():
            hint = "Go into a project's folder, or make one: 'parcours new my_shop'."
            self.faults.add(Place(FILE), "there is no such file, so this is not a project.", hint)
            return None
        settings = self._settings()
        self._stray_folders()
        identity = self._identity()
        consents = self._consents(settings, identity)
        acquisition = self._acquisition()
        self._sources()
        self._questionnaires()
        self._attributes(settings)
        self._segments(settings)
        self._scores(settings)
        self._offers()
        self._slots()
        self._audiences()
        self._tests(identity)
        known = self._known(settings, identity)
        subjects = references.check(self.found, known, self.faults)
        self._check_offers(subjects, known)
        self._check_slots(subjects, known, consents)
        self._check_questionnaires(subjects, settings, consents)
        for check in self.kinds.get("check", {}).values():
            self.faults.found.extend(check(self.folder))
        if settings is None or identity is None or consents is None or acquisition is None:
            return None
        made = replace(self._made(settings, identity, subjects, consents), acquisition=acquisition)
        for check in self.kinds.get("check_project", {}).values():
            self.faults.found.extend(check(made))
        return made

    def _made(
        self,
        settings: TomlFile,
        identity: Identity,
        subjects: dict[str, Subject],
        consents: tuple[Declared, Secret | None],
    ) -> Project:
        own = settings.project
        name = own.name or self.folder.absolute().name
        title = own.title or Title.of(name)
        return Project(
            folder=self.folder,
            name=name,
            title=title,
            currency=own.currency,
            zone=own.zone,
            country=own.country,
            languages=own.languages,
            engine=settings.engine,
            collect=replace(settings.collect, places=_beside(self.folder, settings.collect.places)),
            warehouse=self.folder / settings.warehouse.folder,
            state=self.folder / "state",
            keep_versions=settings.warehouse.keep_versions,
            as_of=own.as_of,
            week_starts=own.week_starts,
            exchange_rates=settings.exchange_rates,
            source_folders=tuple(self.folder / folder for folder in own.source_folders),
            profiles_anonymous=settings.profiles.anonymous,
            notice=own.notice,
            sources=self.found.sources,
            identity=identity,
            consents=belonging_to(consents[0], own, title),
            consent_secret=consents[1],
            attributes=self.found.attributes,
            subjects=subjects,
            segments=self.found.segments,
            scores=self.found.scores,
            offers=self.offering.offers,
            suppliers=self.offering.suppliers,
            allotments=self.offering.allotments,
            slots=self.slots,
            questionnaires=self.questionnaires,
            audiences=self.found.audiences,
            tests=self.found.tests,
            place=settings.place,
        )

    # -- one kind of file each

    def _settings(self) -> TomlFile | None:
        node = read_toml(self.folder / FILE, FILE, self.faults)
        return None if node is None else read_settings(node, self.folder, self.reader(FILE))

    def _identity(self) -> Identity | None:
        if not (self.folder / IDENTITY).is_file():
            return usual_identity()
        node = read_yaml(self.folder / IDENTITY, IDENTITY, self.faults)
        return None if node is None else read_identity(node, self.folder, self.reader(IDENTITY))

    def _consents(self, settings: TomlFile | None, identity: Identity | None) -> tuple[Declared, Secret | None] | None:
        if not (self.folder / CONSENTS).is_file():
            return usual_consents(), None
        node = read_yaml(self.folder / CONSENTS, CONSENTS, self.faults)
        if node is None:
            return None
        kinds = {*IDENTIFIERS, *(identity.kinds if identity else ())}
        languages = settings.project.languages if settings else ()
        return read_consents(node, self.reader(CONSENTS), identifiers=kinds, languages=languages)

    def _acquisition(self) -> Acquisition | None:
        if not (self.folder / ACQUISITION).is_file():
            return usual_acquisition()
        node = read_yaml(self.folder / ACQUISITION, ACQUISITION, self.faults)
        return None if node is None else read_acquisition(node, self.reader(ACQUISITION))

    def _sources(self) -> None:
        for name, node in self._files("sources"):
            source = read_source(node, self.kinds.get("source", {}), self.reader(name))
            if source and self._once(self.found.sources, source, "source"):
                self.found.lines["source", source.name] = node

    def _attributes(self, settings: TomlFile | None) -> None:
        for name, node in self._packs("attribute", "profiles", settings):
            self._define_attributes(name, node, built_in=True)
        for name, node in self._files("attributes"):
            self._define_attributes(name, node, built_in=False)

    def _define_attributes(self, name: str, node: CommentedMap, *, built_in: bool) -> None:
        kinds = self.kinds.get("attribute", {})
        read = read_attributes(node, kinds, self.reader(name), built_in=built_in)
        for each, attribute in read.items():
            if attribute is None:
                self.found.broken_attributes.add(each)
            elif self._once(self.found.attributes, attribute, "attribute"):
                self.found.lines["attribute", each] = node["define"][each]

    def _segments(self, settings: TomlFile | None) -> None:
        for name, node in self._packs("segment", "segments", settings):
            self._define_segments(name, node, built_in=True)
        for name, node in self._files("segments"):
            self._define_segments(name, node, built_in=False)

    def _define_segments(self, name: str, node: CommentedMap, *, built_in: bool) -> None:
        read = read_segments(node, self._rule, self.reader(name), built_in=built_in)
        for each, segment in read.items():
            if segment is None:
                self.found.broken_segments.add(each)
            else:
                self._once(self.found.segments, segment, "segment")

    def _scores(self, settings: TomlFile | None) -> None:
        read = [(name, node, True) for name, node in self._packs("score", "scores", settings)]
        read += [(name, node, False) for name, node in self._files("scores")]
        for name, node, built_in in read:
            for score in read_scores(node, self.kinds.get("score", {}), self.reader(name), built_in=built_in):
                self._once(self.found.scores, score, "score")

    def _offers(self) -> None:
        for name, node in self._files("offers"):
            for each in read_offers(node, self.reader(name)):
                if isinstance(each, Offer):
                    self._once(self.offering.offers, each, "offer")
                elif isinstance(each, Supplier):
                    self._once(self.offering.suppliers, each, "supplier")
                else:
                    self._once(self.offering.allotments, each, "allotment")

    def _slots(self) -> None:
        for name, node in self._files("slots"):
            slot = slots.read_slot(node, self.kinds, self.reader(name))
            if slot:
                self._once(self.slots, slot, "slot")

    def _questionnaires(self) -> None:
        kinds = self.kinds.get("question", {})
        for name, node in self._files("questionnaires"):
            one = questionnaires.read_questionnaire(node, kinds, self.reader(name))
            if one and self._once(self.questionnaires, one, "questionnaire"):
                made = questionnaires.attributes(one)
                if made is not None:
                    self._define_attributes(name, made, built_in=True)

    def _check_questionnaires(
        self,
        subjects: dict[str, Subject],
        settings: TomlFile | None,
        consents: tuple[Declared, Secret | None] | None,
    ) -> None:
        questionnaires.check(
            self.questionnaires,
            self.faults,
            scores=self.found.scores,
            purposes=consents[0].purposes if consents else [one.purpose for one in self.questionnaires.values()],
            sources=self.found.sources.values(),
            attributes=self.found.attributes,
            types={name: subject.type for name, subject in subjects.items()},
            languages=settings.project.languages if settings else (),
        )

    def _check_slots(
        self, subjects: dict[str, Subject], known: Known, consents: tuple[Declared, Secret | None] | None
    ) -> None:
        slots.check(
            self.slots,
            self.faults,
            subjects=subjects,
            segments=[*self.found.segments, *self.found.broken_segments],
            unsure=self.found.broken_attributes,
            scores=self.found.scores,
            allotments=self.offering.allotments,
            purposes=consents[0].purposes if consents else [slot.purpose for slot in self.slots.values()],
            currency=known.currency,
        )

    def _check_offers(self, subjects: dict[str, Subject], known: Known) -> None:
        offer_references.check(
            self.offering,
            self.faults,
            subjects=subjects,
            segments=[*self.found.segments, *self.found.broken_segments],
            unsure=self.found.broken_attributes,
            currency=known.currency,
        )

    def _audiences(self) -> None:
        for name, node in self._files("audiences"):
            audience = read_audience(node, self.reader(name))
            if audience:
                self._once(self.found.audiences, audience, "audience")

    def _tests(self, identity: Identity | None) -> None:
        identifiers = {*IDENTIFIERS, *(identity.kinds if identity else ())}
        for name, node in self._files("tests"):
            test = read_test(node, identifiers, self.reader(name))
            if test:
                self._once(self.found.tests, test, "test")

    # -- reading

    def reader(self, file: str) -> Reader:
        """A reader of one file's settings."""
        return Reader(file, self.faults, self._expression, self._rule)

    def _expression(self, text: str, at: Place) -> exp.Expression | None:
        try:
            return expressions.parse(text)
        except ValueError as error:
            self.faults.add(at, sentence(str(error)))
            return None

    def _rule(self, node: Any, at: Place) -> Rule | None:
        return parse(plain(node), lambda path: place_by_path(node, path, at), self.faults.found)

    def _files(self, kind: str) -> Iterator[tuple[str, CommentedMap]]:
        folder = self.folder / kind
        files = sorted(file for ending in ("*.yaml", "*.yml") for file in folder.rglob(ending) if file.is_file())
        for file in files:
            name = file.relative_to(self.folder).as_posix()
            node = read_yaml(file, name, self.faults)
            if node is not None:
                yield name, node

    def _packs(self, kind: str, section: str, settings: TomlFile | None) -> Iterator[tuple[str, CommentedMap]]:
        if settings is None:
            return
        available = self.kinds.get(f"{kind}_pack", {})
        written = settings.lines.get(section, {})
        for pack in getattr(settings, section).packs:
            if pack in available:
                name = f"<{pack} {kind}s>"  # not a file of the project's
                node = read_yaml(available[pack], name, self.faults)
                if node is not None:
                    yield name, node
            elif "packs" in written:
                at = self.reader(FILE).place(written, "packs")
                self.faults.unknown(at, _PACKS[kind], pack, available)

    def _once(self, found: dict[str, Any], one: Any, what: str) -> bool:
        """Keeps a definition under its name; a project's own takes the place of one that we ship."""
        other = found.get(one.name)
        if other is not None and not getattr(other, "built_in", False):
            hint = f"It is defined in {other.place} already."
            self.faults.add(one.place, f"a second {what} is called {one.name!r}.", hint)
            return False
        found[one.name] = one
        return True

    def _stray_folders(self) -> None:
        """A folder whose name is nearly one of ours would be left unread without a word."""
        for folder in sorted(self.folder.iterdir()):
            if folder.is_dir() and folder.name not in FOLDERS and any(folder.glob("*.y*ml")):
                hint = close_to(folder.name, FOLDERS)
                if hint:
                    self.faults.add(Place(folder.name), f"no folder {folder.name!r} is read.", hint)

    def _known(self, settings: TomlFile | None, identity: Identity | None) -> Known:
        return Known(
            tables={name: contract.columns for name, contract in CONTRACTS.items()},
            attributes=self.found.attributes,
            segments=self.found.segments,
            identifier_kinds=sorted({*IDENTIFIERS, *(identity.kinds if identity else ())}),
            currency=settings.project.currency if settings else "EUR",
            zone=settings.project.zone if settings else "UTC",
        )


def _beside(folder: Path, file: str | None) -> str | None:
    """A file named from the project's folder, named from anywhere."""
    return None if file is None else str((folder / file).absolute())
