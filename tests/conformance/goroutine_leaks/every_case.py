"""The cases of all files."""

from __future__ import annotations

from . import (  # noqa: F401  (a file adds its cases when it is imported)
    cases_cockroach_1,
    cases_cockroach_2,
    cases_etcd,
    cases_grpc,
    cases_hugo_istio,
    cases_kubernetes_1,
    cases_kubernetes_2,
    cases_micro,
    cases_moby,
    cases_patterns,
    cases_serving_syncthing,
)
from .program import CASES

__all__ = ["CASES"]
