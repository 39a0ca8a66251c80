"""The way of one fact as one row of numbers, from the door to the last timer."""

from deploy.grafana.panels import (
    COUNT,
    EVERYWHERE,
    FOR_EVER,
    NONE,
    RATIO,
    SECONDS,
    Levels,
    Moved,
    Panel,
    Query,
    Row,
    process,
)

# Every log's last position in each partition; what a consumer has dealt with is subtracted from it.
HEADS = 'max by (topic, partition) (phoihop_log_position{job=~"$job"})'
PATIENCE = "1m"
"""What is older than this and not dealt with is late, however little there is to do."""
BEHIND = (
    f"max by (consumer) ({HEADS} - on (topic, partition) group_right () "
    'max by (consumer, topic, partition) (phoihop_consumer_position{job=~"$job"}))'
)

LATE = (
    f"clamp_min(max by (consumer) ({HEADS.removesuffix(')')} offset {PATIENCE}) - on (topic, partition) group_right () "
    'max by (consumer, topic, partition) (phoihop_consumer_position{job=~"$job"})), 0)'
)

STAGES = Row(
    "The way of one fact, from left to right: the first one that is not green holds it",
    (
        Panel(
            id=1,
            title="1 Door: busy",
            question="How much of what the fullest service can answer at once is in use?",
            normal="Under half.",
            otherwise="Requests hang, most likely on PostgreSQL: look for locks in `pg_stat_activity` of that "
            "service's database. At 100 % new ones are refused with 503 `busy`.",
            kind="stat",
            unit=RATIO,
            queries=(Query(f"max({process('nameko_workers_running')} / {process('nameko_workers_max')})", "in use"),),
            width=3,
            height=5,
            levels=Levels(yellow=0.5, red=0.9),
            story={"in use": (0, 0.5)},
            moved=Moved("table locked", (0.1, 1)),
        ),
        Panel(
            id=2,
            title="2 Log: oldest waits",
            question="For how long has the oldest stored fact had no position in the log?",
            normal="Under 1 s.",
            otherwise="The service's `work` process is away, or was started while Kafka is away; or something holds "
            "the sequencer's advisory lock: `select * from pg_locks where locktype = 'advisory'`. Nothing is lost.",
            kind="stat",
            unit=SECONDS,
            queries=(Query("max(" + process("phoihop_unsequenced_oldest_age_seconds") + ")", "waiting"),),
            width=3,
            height=5,
            levels=Levels(yellow=5, red=30),
            story={"waiting": (0, 1)},
            moved=Moved("sequencer held", (2, FOR_EVER)),
            alert="SequencerStalled",
        ),
        Panel(
            id=3,
            title="3 Relay: oldest waits",
            question="For how long has the oldest fact in a log waited for Kafka's confirmation?",
            normal="Under 5 s.",
            otherwise="Kafka is away, or the relay refuses: the `work` log says `KafkaIsAhead` (after a restore: "
            "docs/operations.md, A database is lost) or `WrongPartitions` (`phoihop topics check`).",
            kind="stat",
            unit=SECONDS,
            queries=(Query("max(" + process("phoihop_relay_oldest_pending_age_seconds") + ")", "waiting"),),
            width=3,
            height=5,
            levels=Levels(yellow=10, red=60),
            story={"waiting": (0, 5)},
            moved=Moved("broker stopped", (5, FOR_EVER)),
            alert="RelayStalled",
        ),
        Panel(
            id=4,
            title="4 Consumers: late",
            question="How many facts older than a minute has the slowest consumer not dealt with, at most?",
            normal="0. It is what PostgreSQL says on both sides, whatever Kafka and the consumer say.",
            otherwise="Stage 3 not green: first mend that. Else `phoihop projections list`, and the log of the "
            "consumer's `work` process.",
            kind="stat",
            unit=COUNT,
            queries=(Query(f"max({LATE})", "late"),),
            width=3,
            height=5,
            levels=Levels(red=1),
            story={"late": NONE},
            moved=Moved("broker stopped"),
            alert="ConsumerBehind",
            any_instance=EVERYWHERE,
        ),
        Panel(
            id=5,
            title="5 Consumers: stopped",
            question="How many partitions wait for a person before they go on?",
            normal="0.",
            otherwise="`phoihop projections list` names consumer, partition and reason; docs/operations.md says what "
            "each reason asks of you.",
            kind="stat",
            unit=COUNT,
            queries=(Query("sum(" + process("phoihop_consumer_stopped_partitions") + ")", "stopped"),),
            width=3,
            height=5,
            levels=Levels(red=1),
            story={"stopped": NONE},
            moved=Moved("poison"),
            alert="ConsumerStopped",
        ),
        Panel(
            id=6,
            title="6 Consumers: parked",
            question="How many messages were set aside, with everything of their stream behind them?",
            normal="0.",
            otherwise="`phoihop parked list`, then `phoihop parked show registry 3`; then `retry` or `discard`.",
            kind="stat",
            unit=COUNT,
            queries=(Query("sum(" + process("phoihop_parked_messages") + ")", "parked"),),
            width=3,
            height=5,
            levels=Levels(red=1),
            story={"parked": NONE},
            moved=Moved("poison"),
            alert="MessagesParked",
        ),
        Panel(
            id=7,
            title="7 Webhooks: oldest waits",
            question="For how long has the oldest webhook waited for its company?",
            normal="Under a minute, or as long as one company is known to be away.",
            otherwise="`phoihop read /notify/v1/endpoints` shows for whom it waits; ring the company.",
            kind="stat",
            unit=SECONDS,
            queries=(Query("max(" + process("phoihop_webhook_oldest_pending_age_seconds") + ")", "waiting"),),
            width=3,
            height=5,
            levels=Levels(yellow=300, red=3600),
            story={"waiting": (0, 60)},
            moved=Moved("endpoint down", (2, FOR_EVER)),
            alert="WebhooksStuck",
        ),
        Panel(
            id=8,
            title="8 Timers: due, not fired",
            question="How many timers are due and have not fired?",
            normal="0.",
            otherwise="`phoihop timers` says which, and what went wrong; untried ones: the service's `work` process is "
            "away. Overdue orders are told late, and then once.",
            kind="stat",
            unit=COUNT,
            queries=(Query("sum(" + process("phoihop_timers_overdue") + ")", "due"),),
            width=3,
            height=5,
            levels=Levels(yellow=1, red=10),
            story={"due": NONE},
            moved=Moved("timers held"),
            alert="TimersOverdue",
        ),
    ),
)
