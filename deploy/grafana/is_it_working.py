"""*Is it working?* Ten seconds for somebody who has never seen the system: first row green, it works."""

from deploy.grafana.panels import (
    ANYTHING,
    BUSINESS,
    COUNT,
    EVERYWHERE,
    FOR_EVER,
    NONE,
    PER_SECOND,
    REQUESTS_PER_MINUTE,
    REQUESTS_PER_SECOND,
    SECONDS,
    Board,
    Levels,
    Moved,
    Panel,
    Query,
    Row,
    business,
    process,
)
from deploy.grafana.province import STANDING
from deploy.grafana.stages import LATE

NOW = Row(
    "Does it work? All green: yes. Not green: open “Where is it stuck?”",
    (
        Panel(
            id=1,
            title="Processes away",
            question="Do all processes answer Prometheus?",
            normal="0.",
            otherwise="`make status` says which process has ended and where its log is; its last line says why. "
            "The supervisor starts it again by itself.",
            kind="stat",
            unit=COUNT,
            queries=(Query('count(up{job=~"$job"}) - sum(up{job=~"$job"})', "away"),),
            width=3,
            height=5,
            levels=Levels(red=1),
            story={"away": NONE},
            moved=Moved("frozen process"),
            alert="TargetDown",
            any_instance="a process that is away has no instance to choose",
        ),
        Panel(
            id=2,
            title="Requests failing",
            question="How many requests a minute end in a failure of ours (500, 503)?",
            normal="0. What is refused with a reason (4xx) does not count.",
            otherwise="`grep '\"status\": 5'` in the log of the service's `http` process: which paths; lines of level "
            "`error` or `warning` say why. `curl …/health/ready` of that process names what it lacks.",
            kind="stat",
            unit=REQUESTS_PER_MINUTE,
            queries=(
                Query(
                    "60 * sum(rate("
                    + process("nameko_entrypoint_duration_seconds_count", 'outcome="error", ')
                    + "[$__rate_interval]))",
                    "failing",
                ),
            ),
            width=3,
            height=5,
            levels=Levels(yellow=ANYTHING, red=5),
            story={"failing": NONE},
            moved=Moved("read model closed"),
            alert="ErrorsBurnFast",
        ),
        Panel(
            id=3,
            title="Oldest fact not on Kafka",
            question="For how long has the oldest fact waited to reach Kafka?",
            normal="Under 5 s.",
            otherwise="Kafka is away, or a relay refuses to send: the log of the service's `work` process says which. "
            "Nothing is lost; it is sent in order afterwards.",
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
            title="Facts not dealt with",
            question="How many facts older than a minute has the slowest consumer not dealt with, at most?",
            normal="0.",
            otherwise="`phoihop projections list` says which consumer stands still and why; "
            "read models are old meanwhile, and say so.",
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
            title="Partitions stopped",
            question="How many partitions does a consumer refuse to go on with until a person has acted?",
            normal="0.",
            otherwise="`phoihop projections list` names the reason: a release that is too old, ten bad messages in a "
            "row, or facts lost in a restore.",
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
            title="Messages parked",
            question="How many messages were set aside and wait for a person?",
            normal="0.",
            otherwise="`phoihop parked list`, then `phoihop parked show`; once the cause is mended "
            "`phoihop parked retry`, or `phoihop parked discard` with a reason.",
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
            title="Oldest webhook waiting",
            question="For how long has the oldest webhook not been delivered?",
            normal="Under a minute, or as long as one company's endpoint is known to be away.",
            otherwise="`phoihop read /notify/v1/endpoints` says whose it is. It is tried again for days, then a "
            "person is told; ring the company.",
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
            title="Orders overdue",
            question="How many unsettled orders have passed their report-back instant?",
            normal="0 on a good day. It is the companies' delay, not the system's.",
            otherwise="`phoihop orders --overdue` lists them; the Department urges the company.",
            kind="stat",
            unit=COUNT,
            queries=(Query(business("phoihop_orders_overdue"), "overdue"),),
            width=3,
            height=5,
            levels=Levels(yellow=1),
            story={"overdue": (1, 1)},
            moved=Moved("company silent", (2, FOR_EVER)),
            api="orders overdue",
            alert="OrderOverdue",
            any_instance=BUSINESS,
        ),
    ),
)

SPEED = Row(
    "How quickly",
    (
        Panel(
            id=21,
            title="Requests by service",
            question="How many requests does each service answer?",
            normal="Some an hour to some hundred a second.",
            otherwise="A line that falls to 0 while others do not: that service's `http` process or its way in.",
            kind="timeseries",
            unit=REQUESTS_PER_SECOND,
            queries=(
                Query(
                    "sum by (service) (rate("
                    + process("nameko_entrypoint_duration_seconds_count")
                    + "[$__rate_interval]))",
                    "{{service}}",
                ),
            ),
            width=12,
            height=8,
            story={"*": (0, FOR_EVER)},
            at_least=5,
        ),
        Panel(
            id=22,
            title="Time to answer, 95 of 100",
            question="Within which time are 95 of 100 requests answered?",
            normal="Under 0.25 s. Uploads of long lists take longer. Nothing while nobody asks.",
            otherwise="All services slow: PostgreSQL or the machine. One slow: its log, and locks in its database.",
            kind="timeseries",
            unit=SECONDS,
            queries=(
                Query(
                    "histogram_quantile(0.95, sum by (le, service) (rate("
                    + process("nameko_entrypoint_duration_seconds_bucket")
                    + "[$__rate_interval])))",
                    "{{service}}",
                ),
            ),
            width=12,
            height=8,
            story={"*": (0, 10)},
            at_least=1,
        ),
        Panel(
            id=23,
            title="From the log to its effect, 95 of 100",
            question="How long after its place in the log has a fact its effect in each consumer?",
            normal="Under 0.5 s. Nothing while nothing happens.",
            otherwise="“Where is it stuck?” shows which stage holds it.",
            kind="timeseries",
            unit=SECONDS,
            queries=(
                Query(
                    "histogram_quantile(0.95, sum by (le, consumer) (rate("
                    + process("phoihop_event_end_to_end_latency_seconds_bucket")
                    + "[$__rate_interval])))",
                    "{{consumer}}",
                ),
            ),
            width=12,
            height=8,
            story={"*": (0, 60)},
            at_least=1,
        ),
        Panel(
            id=24,
            title="Webhook attempts",
            question="How do attempts to deliver webhooks end?",
            normal="`delivered`; some `retried`. `escalated` and `rejected` are 0.",
            otherwise='`phoihop read "/notify/v1/deliveries?state=escalated"` names the company; `rejected`: it said '
            "410 and is suspended.",
            kind="timeseries",
            unit=PER_SECOND,
            queries=(
                Query(
                    "sum by (outcome) (rate(" + process("phoihop_webhook_deliveries_total") + "[$__rate_interval]))",
                    "{{outcome}}",
                ),
            ),
            width=12,
            height=8,
            story={"escalated": NONE, "rejected": NONE, "*": (0, FOR_EVER)},
            at_least=4,
            alert="WebhookEscalated",
        ),
    ),
)

BOARD = Board(
    uid="phoihop-is-it-working",
    title="Phối hợp: Is it working?",
    description="The first row says whether the system works, the second what stands in the province, the third how "
    "quickly. Every panel's (i) says what is normal and what to do otherwise; docs/dashboards.md has all of them.",
    refresh="10s",
    since="now-3h",
    rows=(NOW, STANDING, SPEED),
)
