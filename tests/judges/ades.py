#!/usr/bin/env python3
"""ades.py --level B-B|B-T|B-LT|B-LTA [--at TIME] [--offline] [--crl FILE]... ROOT.pem FILE...

Judges every signature of each PDF as EN 319 102-1 says, with pyHanko: is it of that PAdES level, at least?
ROOT.pem is the only trust root, revocation data is demanded for every certificate below it. For B-B and B-T it
may be fetched from the addresses in the certificates, unless --offline; for B-LT and B-LTA nothing is fetched:
the file itself must hold what proves it. --at (ISO 8601, UTC) judges as on that day, by faketime.
--crl adds what the verifier knows from elsewhere, such as a later revocation.

Demanded of the level:
  B-B    passed; PAdES baseline form; the newest signature covers the file but for updates that LTV needs
  B-T    and a timestamp, in the signature or over the document after it, that passed
  B-LT   and a document security store with which all that passes offline
  B-LTA  and a document timestamp over that store which covers the entire file

Prints `PASS|FAIL <tab> file <tab> what was found or is wrong`, a line a file. Exit 0 only if all pass, 2 for a wrong call.
"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import _venv  # noqa: E402

_venv.enter()

import argparse  # noqa: E402
import asyncio  # noqa: E402
import dataclasses  # noqa: E402
import datetime  # noqa: E402
import logging  # noqa: E402
import os  # noqa: E402

from asn1crypto import crl as asn1_crl  # noqa: E402
from pyhanko.keys import load_cert_from_pemder  # noqa: E402
from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: E402
from pyhanko.sign.ades.report import AdESPassed  # noqa: E402
from pyhanko.sign.diff_analysis import ModificationLevel  # noqa: E402
from pyhanko.sign.validation import DocumentSecurityStore, SignatureCoverageLevel  # noqa: E402
from pyhanko.sign.validation.ades import (  # noqa: E402
    _build_prima_facie_poe_index_from_pdf_timestamps,
    _dss_to_local_knowledge,
    _validate_prima_facie_poe,
    ades_basic_validation,
    ades_lta_validation,
    ades_with_time_validation,
)
from pyhanko.sign.validation.errors import NoDSSFoundError  # noqa: E402
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter  # noqa: E402
from pyhanko.sign.validation.policy_decl import (  # noqa: E402
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec  # noqa: E402
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo  # noqa: E402
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy  # noqa: E402
from pyhanko_certvalidator.registry import SimpleTrustManager  # noqa: E402
from pyhanko_certvalidator.revinfo.archival import CRLContainer  # noqa: E402

LEVELS = ["B-B", "B-T", "B-LT", "B-LTA"]
PADES = "/ETSI.CAdES.detached"


def rules(root, offline, crls):
    """Whom to trust and what to look at."""
    gathering = RevinfoOnlineFetchingRule.LOCAL_ONLY if offline else RevinfoOnlineFetchingRule.ALWAYS_FETCH
    known = [CRLContainer(asn1_crl.CertificateList.load(Path(path).read_bytes())) for path in crls]
    return PdfSignatureValidationSpec(
        SignatureValidationSpec(
            cert_validation_policy=CertValidationPolicySpec(
                trust_manager=SimpleTrustManager.build(trust_roots=[load_cert_from_pemder(root)]),
                revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
            ),
            revinfo_gathering_policy=RevocationInfoGatheringSpec(online_fetching_rule=gathering),
            local_knowledge=LocalKnowledge(known_crls=known),
        )
    )


def changes(signature):
    """What happened to the document after this signature or timestamp."""
    signature.compute_integrity_info()
    status = signature.summarise_integrity_info()
    if status["coverage"] == SignatureCoverageLevel.ENTIRE_FILE:
        return ModificationLevel.NONE
    if status["coverage"] < SignatureCoverageLevel.ENTIRE_REVISION:
        return ModificationLevel.OTHER
    return getattr(status["diff_result"], "modification_level", ModificationLevel.OTHER)


def form(signature, is_newest):
    """What the signature's own form and coverage leave to be desired: {problem: whether all is well}."""
    attributes = {attribute["type"].native for attribute in signature.signer_info["signed_attrs"]}
    changed = changes(signature)
    allowed = ModificationLevel.LTA_UPDATES if is_newest else ModificationLevel.FORM_FILLING
    return {
        f"subfilter is not {PADES}": str(signature.sig_object.get("/SubFilter")) == PADES,
        "no signing-certificate-v2": "signing_certificate_v2" in attributes,
        "signing-time among the signed attributes": "signing_time" not in attributes,
        "no /M in the signature dictionary": "/M" in signature.sig_object,
        f"changed afterwards: {changed.name}": changed <= allowed,
    }


def archive_timestamp(reader):
    """Why there is no document timestamp over a security store with nothing but evidence after it; None if there is."""
    stamps = reader.embedded_timestamp_signatures
    if not stamps or stamps[-1] is not reader.embedded_signatures[-1]:
        return "no document timestamp at the end"
    changed = changes(stamps[-1])
    if changed > ModificationLevel.LTA_UPDATES:
        return f"changed after the newest document timestamp: {changed.name}"
    try:
        DocumentSecurityStore.read_dss(reader.get_historical_resolver(stamps[-1].signed_revision))
    except NoDSSFoundError:
        return "the newest document timestamp covers no security store"
    return None


def with_store(trust, reader):
    """The same rules, knowing what the document's security store holds."""
    store = _dss_to_local_knowledge(reader)
    store.known_crls.extend(trust.local_knowledge.known_crls)
    return dataclasses.replace(trust, local_knowledge=store)


async def judge_by_document_timestamp(signature, spec):
    """§5.3 as of the first document timestamp after a signature without one of its own.

    pyHanko's own §5.6 asks for a signature timestamp, where the standard takes any proof of existence.
    """
    trust = with_store(spec.signature_validation_spec, signature.reader)
    now = ValidationTimingInfo.now()
    stamps = _build_prima_facie_poe_index_from_pdf_timestamps(signature.reader, False, spec.diff_policy)
    await _validate_prima_facie_poe(stamps, trust, now)  # raises if the chain of timestamps does not hold today
    first = min(stamp.timestamp_dt for stamp in stamps if stamp.pdf_revision > signature.signed_revision)
    # What was asked later and says "good" was good then, too.
    policy = dataclasses.replace(
        trust.cert_validation_policy, revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO, retroactive_revinfo=True)
    )
    result = await ades_basic_validation(
        signature.signed_data,
        dataclasses.replace(trust, cert_validation_policy=policy),
        timing_info=ValidationTimingInfo(first, first, point_in_time_validation=True),
        raw_digest=signature.compute_digest(),
    )
    return result, first


async def judge_as(signature, level, spec):
    """EN 319 102-1 on one signature: §5.3 basic, §5.5 with time, §5.6 with archive timestamps.

    Answers the result, and the time of the first timestamp over the document where that was looked at.
    """
    trust = spec.signature_validation_spec
    stamped = any(extract_tst_data_iter(signature.signer_info, signed=False))
    if level > LEVELS.index("B-B") and not stamped and signature.reader.embedded_timestamp_signatures:
        return await judge_by_document_timestamp(signature, spec)
    if level == LEVELS.index("B-LTA"):
        result = await ades_lta_validation(signature, spec)
        return result, result.oldest_evidence_record_timestamp
    if level == LEVELS.index("B-LT"):
        trust = with_store(trust, signature.reader)
    validate = ades_basic_validation if level == LEVELS.index("B-B") else ades_with_time_validation
    return await validate(signature.signed_data, trust, raw_digest=signature.compute_digest()), None


async def judge_signature(signature, is_newest, level, spec):
    """The facts of one signature as a sentence, and its problems."""
    demands = form(signature, is_newest)
    result, over_document = await judge_as(signature, level, spec)
    passed = result.ades_subindic == AdESPassed.OK
    verdict = "OK" if passed else f"{result.ades_subindic.standard_name} {result.failure_msg or ''}".strip()
    demands[f"EN 319 102-1 says {verdict}"] = passed
    if level == LEVELS.index("B-LTA"):
        demands["no document timestamp that passed"] = over_document is not None
    facts = f"{signature.field_name}: {verdict}"
    return facts, [f"{signature.field_name}: {problem}" for problem, met in demands.items() if not met]


async def judge(path, level, spec):
    """The facts of a file, and its problems; whatever pyHanko throws at a broken file is one."""
    facts, problems = [], []
    try:
        with open(path, "rb") as handle:
            reader = PdfFileReader(handle)
            signatures = reader.embedded_regular_signatures
            if not signatures:
                problems.append("no signature")
            for signature in signatures:
                newest = signature is signatures[-1]
                said, wrong = await judge_signature(signature, newest, level, spec)
                facts.append(said)
                problems += wrong
            handle.seek(0)
            if not handle.read().rstrip(b"\r\n").endswith(b"%%EOF"):
                problems.append("something after the last revision")
            if level >= LEVELS.index("B-LT"):
                DocumentSecurityStore.read_dss(reader)
            if level >= LEVELS.index("B-LTA") and (missing := archive_timestamp(reader)):
                problems.append(missing)
    except NoDSSFoundError:
        problems.append("no document security store")
    except Exception as error:  # noqa: BLE001
        problems.append(f"{type(error).__name__}: {error}")
    return facts, problems


def travel(arguments, at):
    """Starts this judge again at another time."""
    moment = datetime.datetime.fromisoformat(at.replace("Z", "+00:00")).astimezone(datetime.timezone.utc)
    place = arguments.index("--at")
    rest = [sys.executable, "-I", "-B", __file__, *arguments[:place], *arguments[place + 2 :]]
    os.environ["TZ"] = "UTC"
    os.execvp("faketime", ["faketime", "-f", moment.strftime("@%Y-%m-%d %H:%M:%S"), *rest])


def main(arguments):
    parser = argparse.ArgumentParser(prog="ades.py", usage=__doc__.splitlines()[0])
    parser.add_argument("--level", choices=LEVELS, required=True)
    parser.add_argument("--at")
    parser.add_argument("--offline", action="store_true")
    parser.add_argument("--crl", action="append", default=[])
    parser.add_argument("root")
    parser.add_argument("files", nargs="+")
    wanted = parser.parse_args(arguments)
    if wanted.at:
        travel([*arguments, "--offline"], wanted.at)
    logging.disable(logging.CRITICAL)  # the problems say it, without a stack trace
    level = LEVELS.index(wanted.level)
    spec = rules(wanted.root, wanted.offline or level >= LEVELS.index("B-LT"), wanted.crl)
    refused = 0
    for path in wanted.files:
        facts, problems = asyncio.run(judge(path, level, spec))
        refused += bool(problems)
        print(f"{'FAIL' if problems else 'PASS'}\t{path}\t{'; '.join(problems or facts)}")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main(sys.argv[1:]))
