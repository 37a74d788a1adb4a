import java.io.File;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.logging.LogManager;
import java.util.stream.Collectors;
import org.verapdf.core.EncryptedPdfException;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.RuleId;
import org.verapdf.processor.reports.enums.JobEndStatus;

/**
 * Asks the veraPDF library about many files in one JVM: {@code Vera 2b|2u FILE...}.
 *
 * <p>One line per file, in order: {@code PASS\tFILE}, {@code FAIL\tFILE\tCLAUSE-TEST: MESSAGE xCOUNT; ...} or
 * {@code ERROR\tFILE\tWHY}. Exit 0 only if all pass, 1 if one does not, 2 for a wrong call.
 */
public final class Vera {
    public static void main(String[] args) {
        if (args.length < 2 || !args[0].matches("2[bu]")) {
            System.err.println("usage: Vera 2b|2u FILE...");
            System.exit(2);
        }
        LogManager.getLogManager().reset(); // the parser logs every oddity; the verdict names what counts
        VeraGreenfieldFoundryProvider.initialise();
        PDFAFlavour flavour = PDFAFlavour.fromString(args[0]);
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        boolean allPass = true;
        for (int i = 1; i < args.length; i++) {
            String verdict = judge(flavour, new File(args[i]));
            allPass &= verdict.equals("PASS");
            String[] parts = verdict.split("\t", 2);
            out.println(parts[0] + "\t" + args[i] + (parts.length > 1 ? "\t" + parts[1] : ""));
        }
        System.exit(allPass ? 0 : 1);
    }

    private static String judge(PDFAFlavour flavour, File file) {
        if (!file.isFile()) {
            return "ERROR\tno such file";
        }
        try (PDFAParser parser = Foundries.defaultInstance().createParser(file, flavour);
                PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
            ValidationResult result = validator.validate(parser);
            if (result.getJobEndStatus() != JobEndStatus.NORMAL || result.getTotalAssertions() == 0) {
                return "ERROR\tvalidation ended " + result.getJobEndStatus() + " after " + result.getTotalAssertions()
                        + " checks";
            }
            return result.isCompliant() ? "PASS" : "FAIL\t" + findings(result);
        } catch (EncryptedPdfException e) {
            return "ERROR\tencrypted";
        } catch (Exception | StackOverflowError | OutOfMemoryError e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            return "ERROR\t" + oneLine(e + (cause == e ? "" : " <- " + cause));
        }
    }

    /** Each rule once, with the number of its failed checks. */
    private static String findings(ValidationResult result) {
        Map<RuleId, String> messages = new LinkedHashMap<>();
        for (TestAssertion assertion : result.getTestAssertions()) {
            messages.putIfAbsent(assertion.getRuleId(), assertion.getMessage());
        }
        TreeSet<String> lines = new TreeSet<>();
        result.getFailedChecks().forEach((rule, count) -> lines.add(rule.getClause() + "-" + rule.getTestNumber() + ": "
                + oneLine(messages.getOrDefault(rule, "")) + " x" + count));
        return lines.stream().collect(Collectors.joining("; "));
    }

    private static String oneLine(String text) {
        return text.replaceAll("\\s+", " ").strip();
    }
}
