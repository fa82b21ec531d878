"""The child process: it judges, and tells what it finds, a line of JSON each."""

import json
import os
import sys
from dataclasses import asdict

from closebook.framework import check_order, load_framework
from closebook.running import (
    choose_cases,
    draw,
    measure_files,
    plan_of,
    run_cases,
)
from closebook.signals import AdapterError


def main():
    order = json.loads(sys.argv[1])
    report = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the reader's code prints does not get in between

    def tell(kind, content):
        report.write(json.dumps([kind, content]) + "\n")
        report.flush()

    try:
        framework = load_framework(order["path"], order["limit"])
        cases = choose_cases(framework, order["stages"])
    except AdapterError as error:
        tell("refused", str(error))
        return
    tell("plan", [framework.title, plan_of(cases)])
    try:
        if not order["done"]:
            check_order(framework, order["limit"])
    except AdapterError as error:
        tell("refused", str(error))
        return
    remaining = cases[order["done"] :]
    for result in run_cases(framework, remaining, order["late"], order["limit"]):
        tell("result", asdict(result))
    tell("end", [measure_files(framework), *draw(framework)])
