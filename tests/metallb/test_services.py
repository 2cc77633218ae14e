"""Services as their objects describe them."""

from dataclasses import fields

from loganalyzer.metallb.services import Service, service_from_object


def test_an_object_gives_every_field_of_a_service() -> None:
    """Also an empty one: what makes services need not go through their constructor."""
    made = service_from_object({})
    assert list(vars(made)) == [field.name for field in fields(Service)]
    assert made == Service(**vars(made))
