"""The topics of some services on the run's shared Kafka, empty: positions of an earlier test would be duplicates."""

from chassis.kafka import topics
from chassis.kafka.clients import KafkaSettings
from contracts.topics import all_topics
from tests.support.waiting import wait_until


def make_topics_anew(admin: KafkaSettings, beginnings: tuple[str, ...]) -> None:
    """Removes the topics whose names begin so, and makes all that are missing. `admin`: the super user."""
    client = admin.admin()
    wanted = {topic.name for topic in all_topics() if topic.name.startswith(beginnings)}
    present = sorted(wanted & set(client.list_topics()))
    if present:
        client.delete_topics(present)
        wait_until(lambda: not set(present) & set(client.list_topics()), 20, "old topics are gone")
    client.close()
    topics.apply(admin)
