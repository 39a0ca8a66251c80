"""Boards → the JSON that Grafana reads, made with Grafana's own foundation SDK. `documents()` is what is checked in."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from grafana_foundation_sdk.builders import bargauge, common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BigValueColorMode,
    BigValueGraphMode,
    DataSourceRef,
    LegendDisplayMode,
    LegendPlacement,
    TooltipDisplayMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    GridPos,
    Threshold,
    ThresholdsMode,
    VariableOption,
    VariableRefresh,
)

from deploy.grafana import is_it_working, where_is_it_stuck
from deploy.grafana.panels import Board, Levels, Panel

BOARDS = (is_it_working.BOARD, where_is_it_stuck.BOARD)
FOLDER = Path("deploy/grafana/dashboards")
SCHEMA = "13.2.3"
"""The newest @grafana/schema that the dashboards are checked against."""

SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
GREEN, YELLOW, RED = "green", "yellow", "red"
WIDE = 24
ROW_IDS = 1000
"""Rows have ids too: 1000, 1001 …"""
SLIPS_OF_THE_SDK = ("auto", "auto_min", "auto_count")
"""Keys that the SDK gives to every variable, and Grafana's schema only to intervals."""
JOB = "phoihop"
"""`job_name` in deploy/prometheus/prometheus.yml."""
ALL = VariableOption(text="All", value="$__all")

AnyPanel = stat.Panel | bargauge.Panel | timeseries.Panel


def documents() -> Iterator[tuple[Path, str]]:
    """Path below the repository, and text."""
    for board in BOARDS:
        yield FOLDER / f"{board.uid.removeprefix('phoihop-')}.json", text(board)


def text(board: Board) -> str:
    model = json.loads(JSONEncoder().encode(_board(board).build()))
    for variable in model["templating"]["list"]:
        for key in SLIPS_OF_THE_SDK:
            variable.pop(key, None)
    for link in model["links"]:
        del link["placement"]  # the SDK's default hides links in a menu
    return json.dumps(model, ensure_ascii=False, indent=2) + "\n"


def _board(board: Board) -> dashboard.Dashboard:
    made = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.description)
        .tags(["phoihop"])
        .readonly()
        .timezone("browser")
        .time(board.since, "now")
        .refresh(board.refresh)
        .tooltip(DashboardCursorSync.CROSSHAIR)
    )
    ours = VariableOption(text=[JOB], value=[JOB])
    made.with_variable(_datasource())
    made.with_variable(_label("job", "Job", "phoihop_build_info").current(ours))
    made.with_variable(_label("instance", "Process", 'up{job=~"$job"}').current(ALL))
    for other in BOARDS:
        if other is not board:
            made.link(
                dashboard.DashboardLink(other.title)
                .type(DashboardLinkType.LINK)
                .url(f"/d/{other.uid}")
                .icon("dashboard")
                .keep_time(True)
                .include_vars(True)
            )
    top = 0
    for number, row in enumerate(board.rows):
        headline = dashboard.Row(row.title).id(ROW_IDS + number).grid_pos(GridPos(h=1, w=WIDE, x=0, y=top))
        made.with_row(headline)
        top += 1
        left = tallest = 0
        for panel in row.panels:
            if left + panel.width > WIDE:
                top, left, tallest = top + tallest, 0, 0
            made.with_panel(_panel(panel, GridPos(h=panel.height, w=panel.width, x=left, y=top)))
            left, tallest = left + panel.width, max(tallest, panel.height)
        top += tallest
    return made


def _datasource() -> dashboard.DatasourceVariable:
    return dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus")


def _label(name: str, label: str, series: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query(f"label_values({series}, {name})")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .multi(True)
        .include_all(True)
        .all_value(".+")
    )


def _panel(panel: Panel, place: GridPos) -> AnyPanel:
    made = _SHAPES[panel.kind](panel)
    made.id(panel.id).title(panel.title).description(panel.description).datasource(SOURCE).grid_pos(place)
    made.unit(panel.unit).thresholds(_thresholds(panel.levels)).no_value("no data")
    for number, query in enumerate(panel.queries):
        target = prometheus.Dataquery().expr(query.expr).legend_format(query.legend).ref_id(chr(ord("A") + number))
        made.with_target(
            target.datasource(SOURCE).range() if panel.kind == "timeseries" else target.datasource(SOURCE).instant()
        )
    return made


def _stat(panel: Panel) -> stat.Panel:
    coloured = panel.levels != Levels()
    return (
        stat.Panel()
        .graph_mode(BigValueGraphMode.NONE)
        .color_mode(BigValueColorMode.BACKGROUND if coloured else BigValueColorMode.NONE)
        .orientation(VizOrientation.AUTO)
        .reduce_options(_latest())
        .min(0)
    )


def _bargauge(_: Panel) -> bargauge.Panel:
    return (
        bargauge.Panel()
        .orientation(VizOrientation.HORIZONTAL)
        .display_mode(BarGaugeDisplayMode.BASIC)
        .reduce_options(_latest())
        .min(0)
    )


def _timeseries(_: Panel) -> timeseries.Panel:
    legend = (
        common.VizLegendOptions()
        .display_mode(LegendDisplayMode.LIST)
        .placement(LegendPlacement.BOTTOM)
        .show_legend(True)
        .calcs([])
    )
    return (
        timeseries.Panel()
        .legend(legend)
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
        .line_width(1)
        .fill_opacity(10)
        .min(0)
    )


_SHAPES: dict[str, Callable[[Panel], AnyPanel]] = {"stat": _stat, "bargauge": _bargauge, "timeseries": _timeseries}


def _latest() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False)


def _thresholds(levels: Levels) -> dashboard.ThresholdsConfig:
    steps = [Threshold(value=None, color=GREEN)]
    steps += [
        Threshold(value=value, color=colour)
        for value, colour in ((levels.yellow, YELLOW), (levels.red, RED))
        if value is not None
    ]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)
