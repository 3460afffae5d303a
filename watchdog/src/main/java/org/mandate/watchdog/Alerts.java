package org.mandate.watchdog;

import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Tells people about each new or changed finding: a line in the log, and the webhook when there is
 * one.
 */
final class Alerts implements Consumer<Finding> {
  private static final Logger LOG = LoggerFactory.getLogger(Alerts.class);

  private final Optional<Webhook> webhook;

  Alerts(Optional<Webhook> webhook) {
    this.webhook = webhook;
  }

  @Override
  public void accept(Finding finding) {
    var line = LOG.atLevel(level(finding.severity()));
    var json = FindingJson.of(finding);
    for (var field : json.properties()) {
      line =
          line.addKeyValue(
              field.getKey(),
              field.getValue().isTextual() ? field.getValue().textValue() : field.getValue());
    }
    line.log("finding");
    webhook.ifPresent(w -> w.post(json.toString(), urgency(finding.check())));
  }

  private static Webhook.Urgency urgency(Check check) {
    return check == Check.SELF ? Webhook.Urgency.SELF : Webhook.Urgency.ALARM;
  }

  private static Level level(Severity severity) {
    return switch (severity) {
      case INFO -> Level.INFO;
      case WARNING -> Level.WARN;
      case CRITICAL -> Level.ERROR;
    };
  }
}
