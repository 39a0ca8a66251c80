"""*Where is it stuck?* The way of one fact, stage after stage: the first one that is red holds everything behind it."""

from deploy.grafana.panels import (
    ANYTHING,
    COUNT,
    EVERYWHERE,
    FOR_EVER,
    NONE,
    PER_SECOND,
    SECONDS,
    Board,
    Levels,
    Moved,
    Panel,
    Query,
    Row,
    process,
)
from deploy.grafana.stages import BEHIND, STAGES

DOOR = Row(
    "1 Door",
    (
        Panel(
            id=11,
            title="Failures of ours, by service",
            question="Which service answers requests with a failure of its own?",
            normal="0 everywhere.",
            otherwise="The log of that service's `http` process: `grep '\"status\": 5'`, then what stands above.",
            kind="timeseries",
            unit=PER_SECOND,
            queries=(
                Query(
                    "sum by (service) (rate("
                    + process("nameko_entrypoint_duration_seconds_count", 'outcome="error", ')
                    + "[$__rate_interval]))",
                    "{{service}}",
                ),
            ),
            width=12,
            height=7,
            levels=Levels(red=ANYTHING),
            story={"*": NONE},
            at_least=5,
            moved=Moved("read model closed"),
            alert="ErrorsBurnFast",
        ),
        Panel(
            id=12,
            title="Turned away at the door, by reason",
            question="Which requests never reach a handler?",
            normal="Some `no-such-path` from scanners. `busy` is 0.",
            otherwise="`busy`: all workers hang or there are too few; see “1 Door: busy”. "
            "`body-too-slow`: a broken proxy.",
            kind="timeseries",
            unit=PER_SECOND,
            queries=(
                Query(
                    "sum by (code) (rate("
                    + process("phoihop_requests_refused_at_the_door_total")
                    + "[$__rate_interval]))",
                    "{{code}}",
                ),
            ),
            width=12,
            height=7,
            story={"busy": NONE, "*": (0, FOR_EVER)},
            at_least=6,
        ),
    ),
)

LOG_AND_RELAY = Row(
    "2 and 3 Log and relay",
    (
        Panel(
            id=21,
            title="Facts without a position, by service",
            question="Whose facts wait for their place in the log?",
            normal="0.",
            otherwise="The `work` process of that service, or a lock in its database.",
            kind="timeseries",
            unit=COUNT,
            queries=(Query("max by (service) (" + process("phoihop_unsequenced_events") + ")", "{{service}}"),),
            width=6,
            height=7,
            levels=Levels(red=10000),
            story={"*": (0, 10)},
            at_least=5,
            moved=Moved("sequencer held"),
            alert="SequencerStalled",
        ),
        Panel(
            id=22,
            title="Facts not on Kafka, by service",
            question="Whose facts are in the log and not on Kafka yet?",
            normal="0, some hundred in a burst.",
            otherwise="All five rise: Kafka is away. One rises: that service's relay; its `work` log says why.",
            kind="timeseries",
            unit=COUNT,
            queries=(Query("max by (service) (" + process("phoihop_relay_pending_events") + ")", "{{service}}"),),
            width=6,
            height=7,
            levels=Levels(red=10000),
            story={"*": (0, 10)},
            at_least=5,
            moved=Moved("broker stopped"),
            alert="RelayStalled",
        ),
        Panel(
            id=23,
            title="Batches the relay gave up",
            question="Does a relay begin again and again at its cursor?",
            normal="0; a few when Kafka restarts.",
            otherwise="Kafka's log, and `phoihop topics check` for missing topics and rights.",
            kind="timeseries",
            unit=PER_SECOND,
            queries=(
                Query(
                    "sum by (service) (rate("
                    + process("phoihop_relay_publish_failures_total")
                    + "[$__rate_interval]))",
                    "{{service}}",
                ),
            ),
            width=6,
            height=7,
            levels=Levels(red=0.5),
            story={"*": NONE},
            at_least=5,
            alert="RelayStalled",
        ),
        Panel(
            id=24,
            title="Partitions held back, by service",
            question="How many partitions wait behind an event that Kafka refuses as too large?",
            normal="0. What waits here is among the facts not on Kafka, and makes their oldest older.",
            otherwise="`phoihop topics check` names the topic that takes too little, `phoihop topics apply` widens it; "
            "the partition goes on within seconds.",
            kind="timeseries",
            unit=COUNT,
            queries=(Query("max by (service) (" + process("phoihop_relay_held_partitions") + ")", "{{service}}"),),
            width=6,
            height=7,
            levels=Levels(red=1),
            story={"*": NONE},
            at_least=5,
            moved=Moved("event too large"),
            alert="PartitionHeld",
        ),
    ),
)

CONSUMERS = Row(
    "4 to 6 Consumers",
    (
        Panel(
            id=31,
            title="Positions behind, by consumer",
            question="Which consumer is how far from the end of the logs it follows?",
            normal="0; in a burst some hundred. Below 0: the log was restored and the consumer knows more than it: "
            "docs/operations.md, A database is lost.",
            otherwise="One alone: it is stopped, slow or hangs; `phoihop projections list`, then its `work` log. All "
            "of one topic: that topic's relay or Kafka.",
            kind="timeseries",
            unit=COUNT,
            queries=(Query(BEHIND, "{{consumer}}"),),
            width=8,
            height=8,
            levels=Levels(red=10000),
            story={"*": NONE},
            at_least=9,
            moved=Moved("broker stopped"),
            alert="ConsumerBehind",
            any_instance=EVERYWHERE,
        ),
        Panel(
            id=32,
            title="On Kafka and not dealt with, by consumer",
            question="How many messages lie on Kafka for each consumer?",
            normal="0, some thousand after a rebuild.",
            otherwise="Falls: it catches up, wait. Stands or rises: `phoihop projections list`.",
            kind="timeseries",
            unit=COUNT,
            queries=(Query("sum by (consumer) (" + process("phoihop_consumer_lag_events") + ")", "{{consumer}}"),),
            width=8,
            height=8,
            levels=Levels(red=10000),
            story={"*": NONE},
            at_least=10,
            moved=Moved("poison"),
            alert="ConsumerBehind",
        ),
        Panel(
            id=33,
            title="Parked, by consumer and reason",
            question="Who set messages aside, and why?",
            normal="0.",
            otherwise="`malformed`, `invalid`: the sender's fault. `error`: ours. `refused`: a rule said no. `behind`: "
            "waits for an earlier one. `phoihop parked list` has each.",
            kind="timeseries",
            unit=COUNT,
            queries=(
                Query(
                    "sum by (consumer, reason) (" + process("phoihop_parked_messages") + ")", "{{consumer}} {{reason}}"
                ),
            ),
            width=8,
            height=8,
            levels=Levels(red=1),
            story={"*": NONE},
            at_least=50,
            moved=Moved("poison"),
            alert="MessagesParked",
        ),
        Panel(
            id=36,
            title="Behind for, by consumer",
            question="How long ago did each consumer last see nothing left on Kafka?",
            normal="Under 10 s.",
            otherwise="As for “Positions behind”. It stands still while the consumer itself hangs.",
            kind="timeseries",
            unit=SECONDS,
            queries=(
                Query(
                    "max by (consumer) (" + process("phoihop_consumer_oldest_unapplied_age_seconds") + ")",
                    "{{consumer}}",
                ),
            ),
            width=8,
            height=7,
            levels=Levels(red=120),
            story={"*": (0, 10)},
            at_least=10,
            moved=Moved("poison", (2, FOR_EVER)),
            alert="ConsumerBehind",
        ),
        Panel(
            id=34,
            title="Time a batch takes, 95 of 100",
            question="How long does each consumer work on one batch or message?",
            normal="Under 0.1 s. Nothing while nothing happens.",
            otherwise="One slow: its SQL. All of a service slow: its database.",
            kind="timeseries",
            unit=SECONDS,
            queries=(
                Query(
                    "histogram_quantile(0.95, sum by (le, consumer) (rate("
                    + process("phoihop_handler_duration_seconds_bucket")
                    + "[$__rate_interval])))",
                    "{{consumer}}",
                ),
            ),
            width=8,
            height=7,
            story={"*": (0, 10)},
        ),
        Panel(
            id=35,
            title="Met again and skipped",
            question="How many messages does each consumer meet a second time?",
            normal="0; a burst after a restart or when a relay begins again. They change nothing.",
            otherwise="Without end: two relays of one service, or a relay that cannot save its cursor.",
            kind="timeseries",
            unit=PER_SECOND,
            queries=(
                Query(
                    "sum by (consumer) (rate(" + process("phoihop_duplicate_events_total") + "[$__rate_interval]))",
                    "{{consumer}}",
                ),
            ),
            width=8,
            height=7,
            story={"*": (0, FOR_EVER)},
            at_least=10,
        ),
    ),
)

LAST_STAGES = Row(
    "7 and 8 Webhooks, timers, processes",
    (
        Panel(
            id=41,
            title="Webhooks not delivered",
            question="How many webhooks wait, and how many endpoints are suspended?",
            normal="`waiting` falls back to 0; `suspended endpoints` is 0.",
            otherwise="`phoihop read /notify/v1/endpoints` shows who is suspended; once the company has mended it, "
            "`POST …/endpoints/<id>/resumption` lets the held messages go.",
            kind="timeseries",
            unit=COUNT,
            queries=(
                Query("max(" + process("phoihop_webhook_pending") + ")", "waiting"),
                Query("max(" + process("phoihop_webhook_endpoints_disabled") + ")", "suspended endpoints"),
            ),
            width=6,
            height=7,
            story={"waiting": NONE, "suspended endpoints": NONE},
            at_least=2,
            moved=Moved("endpoint down"),
            alert="EndpointSuspended",
        ),
        Panel(
            id=42,
            title="Timers due, by service",
            question="Whose timers are late?",
            normal="0.",
            otherwise="`phoihop timers` names the timer and what went wrong.",
            kind="timeseries",
            unit=COUNT,
            queries=(Query("sum by (service) (" + process("phoihop_timers_overdue") + ")", "{{service}}"),),
            width=6,
            height=7,
            levels=Levels(red=10),
            story={"*": NONE},
            at_least=5,
            moved=Moved("timers held"),
            alert="TimersOverdue",
        ),
        Panel(
            id=43,
            title="Answers Prometheus, by process",
            question="Which process is away?",
            normal="1 for each; 0 is away.",
            otherwise="`make status`; the last line of its log says why it ended.",
            kind="timeseries",
            unit=COUNT,
            queries=(Query(process("up"), "{{process}} {{instance}}"),),
            width=6,
            height=7,
            story={"*": (1, 1)},
            at_least=10,
            moved=Moved("frozen process", NONE),
            alert="TargetDown",
        ),
        Panel(
            id=44,
            title="Gauges not read for, by worker",
            question="Whose numbers show the past?",
            normal="Under 10 s.",
            otherwise="`…/health/ready` of that service's `work` process says what the worker waits for: PostgreSQL, "
            "or a lock on a table it counts. The other panels of the service show what was.",
            kind="timeseries",
            unit=SECONDS,
            queries=(
                Query("max by (worker) (time() - " + process("phoihop_measured_timestamp_seconds") + ")", "{{worker}}"),
            ),
            width=6,
            height=7,
            levels=Levels(red=60),
            story={"*": (0, 15)},
            at_least=9,
            moved=Moved("table locked", (20, FOR_EVER)),
            alert="ExporterStale",
        ),
    ),
)

BOARD = Board(
    uid="phoihop-where-is-it-stuck",
    title="Phối hợp: Where is it stuck?",
    description="A fact goes from the door to the log, over the relay and Kafka to the consumers, and on to webhooks "
    "and timers. The first stage that is not green holds what comes behind it; the rows below show who.",
    refresh="10s",
    since="now-1h",
    rows=(STAGES, DOOR, LOG_AND_RELAY, CONSUMERS, LAST_STAGES),
)
