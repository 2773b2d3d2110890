"""Which commands a pump has seen: a rising counter and the last results, for each key.

An authentic command is used up by being looked at, whatever its answer, so nothing refused today
can act tomorrow. Counters are reserved in blocks: what the journal keeps is always ahead of what
was used, and a restart goes on from there. `floor_ms` is the time of that restart; a command
issued before it is refused even if the journal was rolled back further than a block.
"""

from dataclasses import dataclass

from cisterna.pump.changed import changed
from cisterna.pump.link.answer import Response
from cisterna.pump.link.canonical import LARGEST
from cisterna.pump.link.record import Count, Hex32, Id
from cisterna.pump.link.rules import COUNTERS_AHEAD, RESULTS_KEPT


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an acting command; `response` is None until the controller has answered.

    `text` is the digest of the command's head: a retry has the same one.
    """

    id: Id
    text: Hex32
    response: Response | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """One key's commands: the last counter used, the last one reserved, the latest results."""

    key: Hex32
    used: Count = 0
    reserved: Count = 0
    results: tuple[Result, ...] = ()

    def result(self, id: str) -> Result | None:
        """What became of the command with this id, if it is still remembered."""
        return next((r for r in self.results if r.id == id), None)


@dataclass(frozen=True, slots=True)
class Ledger:
    """All accounts, and the time of the last restart."""

    accounts: tuple[Account, ...] = ()
    floor_ms: Count = 0

    def of(self, key: str) -> Account:
        """The account of a key; a new one if it never sent anything."""
        return next((a for a in self.accounts if a.key == key), Account(key))


def spend(ledger: Ledger, key: str, counter: int, result: Result | None) -> Ledger:
    """Use up a counter, and remember the command if it acts."""
    account = ledger.of(key)
    ahead = min(counter + COUNTERS_AHEAD, LARGEST)
    reserved = account.reserved if counter <= account.reserved else ahead
    results = account.results if result is None else (*account.results, result)[-RESULTS_KEPT:]
    return _with(ledger, changed(account, used=counter, reserved=reserved, results=results))


def settle(ledger: Ledger, key: str, id: str, response: Response) -> Ledger:
    """Remember what became of a command. A forgotten one stays forgotten."""
    account = ledger.of(key)
    results = tuple(changed(r, response=response) if r.id == id else r for r in account.results)
    return _with(ledger, changed(account, results=results)) if account.results else ledger


def forget(ledger: Ledger, known: frozenset[str]) -> Ledger:
    """Without the accounts of keys that are no longer known."""
    return changed(ledger, accounts=tuple(a for a in ledger.accounts if a.key in known))


def restarted(ledger: Ledger, now_ms: int) -> Ledger:
    """After a restart: every reserved counter counts as used, every older command as too old."""
    return Ledger(tuple(map(_used_up, ledger.accounts)), floor_ms=now_ms)


def _used_up(account: Account) -> Account:
    behind = account.used < account.reserved
    return changed(account, used=account.reserved) if behind else account


def _with(ledger: Ledger, account: Account) -> Ledger:
    rest = tuple(a for a in ledger.accounts if a.key != account.key)
    return changed(ledger, accounts=(*rest, account))
