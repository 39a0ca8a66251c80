"""A fact of a case in one line of plain words, Vietnamese and English, for people who read its timeline."""

from collections.abc import Callable, Mapping
from typing import Any

from law.models import Name

Named = Callable[[str], Name]
"""The name of an agency, an area or a company by its code or id; what it does not know it answers as it is."""

SAID: Mapping[str, tuple[str, str]] = {
    "inspection.inspection-planned": (
        "Lập kế hoạch {form} ngày {planned_on} tại {area}",
        "A visit was planned for {planned_on} in {area}",
    ),
    "inspection.inspection-lead-assigned": (
        "{agency} chủ trì, theo {clause}",
        "{agency} leads, by {clause}",
    ),
    "inspection.inspection-lead-transferred": (
        "{from_agency} chuyển quyền chủ trì cho {to_agency}, theo {clause}: {reason}",
        "{from_agency} handed the lead to {to_agency}, by {clause}: {reason}",
    ),
    "inspection.team-member-invited": ("Mời {agency} tham gia đoàn", "{agency} was asked to join the team"),
    "inspection.team-member-confirmed": (
        "{agency} tham gia đoàn, cử {officers} cán bộ",
        "{agency} joined the team; officers sent: {officers}",
    ),
    "inspection.team-member-declined": ("{agency} không tham gia: {reason}", "{agency} did not join: {reason}"),
    "inspection.inspection-started": (
        "Bắt đầu cuộc thanh tra, kiểm tra ngày {started_on}",
        "The visit began on {started_on}",
    ),
    "inspection.violation-found": (
        "{found_by} phát hiện vi phạm {provision} ({category}): {description}",
        "{found_by} found a breach of {provision} ({category}): {description}",
    ),
    "inspection.minutes-signed": (
        "Ký biên bản số {number} ngày {signed_on}",
        "The minutes no. {number} were signed on {signed_on}",
    ),
    "inspection.inspection-concluded": (
        "{lead} kết luận cuộc thanh tra, kiểm tra; số vi phạm: {violations}",
        "{lead} concluded the inspection; violations: {violations}",
    ),
    "enforcement.case-opened": (
        "Mở hồ sơ xử lý vi phạm {provision}; {lead} chủ trì theo {lead_clause}",
        "The case was opened over {provision}; {lead} leads by {lead_clause}",
    ),
    "enforcement.round-issued": (
        "Ban hành công văn {letter_number} ngày {issued_on}, hạn báo cáo {report_back_at}; số yêu cầu: {orders}",
        "Letter {letter_number} of {issued_on} went out, to be answered by {report_back_at}; orders in it: {orders}",
    ),
    "enforcement.contract-termination-demanded": (
        "Yêu cầu {addressee_id} chấm dứt hợp đồng đại lý trước {report_back_at}",
        "{addressee_id} was required to end the agency contract, and to report by {report_back_at}",
    ),
    "enforcement.line-cut-requested": (
        "Yêu cầu {addressee_id} {kind} trước {report_back_at}",
        "{addressee_id} was asked to {kind} and to report by {report_back_at}",
    ),
    "enforcement.order-acknowledged": (
        "{addressee_id} xác nhận đã nhận yêu cầu",
        "{addressee_id} acknowledged the order",
    ),
    "enforcement.order-executed": (
        "{addressee_id} báo cáo: {outcome}, ngày {executed_on}. {evidence}",
        "{addressee_id} reported: {outcome}, on {executed_on}. {evidence}",
    ),
    "enforcement.order-objected": ("{addressee_id} có ý kiến phản đối: {reason}", "{addressee_id} objected: {reason}"),
    "enforcement.objection-decided": (
        "Ý kiến phản đối của {addressee_id}: {upheld}. {reason}",
        "The objection of {addressee_id} was decided: {upheld}. {reason}",
    ),
    "enforcement.order-withdrawn": (
        "Rút lại yêu cầu đối với {addressee_id}: {reason}",
        "The order to {addressee_id} was withdrawn: {reason}",
    ),
    "enforcement.order-overdue": (
        "{addressee_id} quá hạn báo cáo ({report_back_at})",
        "{addressee_id} did not report by {report_back_at}: the order is overdue",
    ),
    "enforcement.case-order-added": ("Hồ sơ chờ kết quả một yêu cầu: {kind}", "The case waits for an order: {kind}"),
    "enforcement.case-order-overdue": (
        "Một yêu cầu của hồ sơ đã quá hạn; hồ sơ vẫn mở",
        "An order of the case is overdue; it keeps the case open",
    ),
    "enforcement.case-order-settled": (
        "Một yêu cầu của hồ sơ đã xong: {outcome}",
        "An order of the case came to its end: {outcome}",
    ),
    "enforcement.case-restriction-confirmed": (
        "Sổ đăng ký xác nhận kết quả của yêu cầu",
        "The register shows what the order was to bring about",
    ),
    "enforcement.case-closed": ("Đóng hồ sơ; số yêu cầu: {orders}", "The case was closed; orders: {orders}"),
    "enforcement.case-reopened": ("Mở lại hồ sơ vì có yêu cầu mới", "The case was opened again for a new order"),
    "registry.contract-terminated": (
        "Hợp đồng đại lý với {provider_id} chấm dứt ngày {terminated_on}",
        "The agency contract with {provider_id} ended on {terminated_on}",
    ),
    "registry.line-cut": ("Đường truyền bị cắt ngày {cut_on}", "The line was cut on {cut_on}"),
    "registry.line-restored": (
        "Khôi phục đường truyền ngày {restored_on} theo {decision}",
        "The line was restored on {restored_on} by {decision}",
    ),
    "notify.webhook-delivered": (
        "Đã gửi tới hệ thống của {provider_id}; số lần thử: {attempts}",
        "The message reached {provider_id}; attempts: {attempts}",
    ),
    "notify.webhook-escalated": (
        "Chưa gửi được tới hệ thống của {provider_id}, cần người xử lý: {last_error}",
        "The message did not reach {provider_id} and waits for a person: {last_error}",
    ),
}
"""By the fact's type. Members of the fact stand in braces."""

WORDS: Mapping[str, Name] = {
    "thanh-tra": Name(vi="thanh tra", en="inspection"),
    "kiem-tra": Name(vi="kiểm tra", en="check"),
    "contract-termination": Name(vi="chấm dứt hợp đồng đại lý", en="end the agency contract"),
    "line-cut": Name(vi="cắt đường truyền", en="cut the line"),
    "line-cut-arrangement": Name(vi="phối hợp việc cắt đường truyền", en="arrange the cut of the line"),
    "executed": Name(vi="đã thực hiện", en="done"),
    "already-closed": Name(vi="đã ngừng từ trước", en="closed already"),
    "objected": Name(vi="phản đối được chấp nhận", en="objection upheld"),
    "withdrawn": Name(vi="đã rút lại", en="withdrawn"),
    "True": Name(vi="chấp nhận", en="upheld"),
    "False": Name(vi="không chấp nhận", en="rejected"),
}
"""Codes in facts, as people say them."""


def said(fact_type: str, data: Mapping[str, Any], named: Named) -> Name:
    """A fact without a sentence of its own is told by its type."""
    if fact_type not in SAID:
        return Name(vi=fact_type, en=fact_type)
    vi, en = SAID[fact_type]
    names = {member: WORDS.get(str(value)) or named(str(value)) for member, value in data.items()}
    return Name(
        vi=vi.format_map({member: name.vi for member, name in names.items()}),
        en=en.format_map({member: name.en for member, name in names.items()}),
    )
