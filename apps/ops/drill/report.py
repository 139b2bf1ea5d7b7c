"""What a drill found, as tables for people."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from apps.ops.drill.drill import Drill
from apps.ops.drill.recovery import Recovery, percentile
from apps.ops.drill.verdict import Check

MOST_FINDINGS = 20  # that are spelled out
TOGETHER = "two at once"


def report(drill: Drill) -> str:
    return "\n".join([*_faults(drill), "", *_totals(drill), "", *_checks(drill)])


def _faults(drill: Drill) -> Iterator[str]:
    """Kinds of faults, and the seconds from each to the moment when all that it hit went on."""
    kinds: dict[str, list[Recovery]] = defaultdict(list)
    for met in drill.recoveries:
        kinds[met.blow.kind if met.alone else TOGETHER].append(met)
    yield f"{'fault':<20} {'times':>5} {'replies hit':>12} {'p50':>7} {'p95':>7} {'worst':>7}"
    for kind in sorted(kinds):
        seconds = [met.seconds for met in kinds[kind] if met.seconds is not None and met.replies]
        figures = "".join(f" {percentile(seconds, n):>5.1f} s" for n in (50, 95)) if seconds else ""
        worst = f" {max(seconds):>5.1f} s" if seconds else ""
        hit = sum(met.replies for met in kinds[kind])
        yield f"{kind:<20} {len(kinds[kind]):>5} {hit:>12}{figures}{worst}"


def _totals(drill: Drill) -> Iterator[str]:
    ledger, model = drill.stage.ledger, drill.stage.model
    sendings = ledger.sendings.values()
    seconds = [met.seconds for met in drill.recoveries if met.seconds is not None]
    figures = {
        "faults injected": len(drill.recoveries),
        "conversations": sum(len(person.conversations) for person in drill.stage.people),
        "messages sent": len(sendings),
        "frames that carried them": sum(sending.copies for sending in sendings),
        "messages acknowledged": sum(sending.acknowledged for sending in sendings),
        "calls of the model": len(model.calls),
        "characters it said": sum(call.said for call in model.calls),
        "reconnections": ledger.reconnections,
        "worst recovery": f"{max(seconds, default=0.0):.1f} s",
    }
    if closings := _closings(drill):
        figures["stop to end of the call, p50"] = f"{percentile(closings, 50):.2f} s"
        figures["stop to end of the call, worst"] = f"{max(closings):.2f} s"
    for name, figure in figures.items():
        yield f"{name:<38} {figure:>10}"


def _closings(drill: Drill) -> list[float]:
    """Seconds from each stop to the end of the call that was open then."""
    return [
        call.closed_at - stop.at
        for stop in drill.stage.ledger.stops
        for call in drill.stage.model.calls
        if call.question.number == stop.question
        and call.closed_at
        and call.opened_at < stop.at < call.closed_at
    ]


def _checks(drill: Drill) -> Iterator[str]:
    counts: Counter[str] = Counter()
    for finding in drill.findings:
        counts[finding.check] += finding.count
    for check in Check:
        yield f"{check:<38} {counts[check]:>10}"
    for finding in drill.findings[:MOST_FINDINGS]:
        yield f"! {finding.check}: {finding.what}"
    if len(drill.findings) > MOST_FINDINGS:
        yield f"! and {len(drill.findings) - MOST_FINDINGS} more"
