package org.mandate.cli.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.function.Consumer;

/** The story from beginning to end. */
public final class Demo {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path root;
  private final PrintStream out;
  private final boolean keep;

  /**
   * @param root directory of the project, with {@code node_modules}
   * @param out gets the story, for people
   * @param keep leave everything running afterwards, until the process is ended
   */
  public Demo(Path root, PrintStream out, boolean keep) {
    this.root = root;
    this.out = out;
    this.keep = keep;
  }

  /**
   * Plays all scenes; whatever happens, nothing stays behind.
   *
   * @param report gets {@code ok}, {@code seconds}, and {@code scenes} with what each read back,
   *     when all are played
   * @return whether every scene's outcome was as it must be
   * @throws IOException when the stage cannot be set
   */
  public boolean run(Consumer<ObjectNode> report) throws IOException {
    var story = new Story(out);
    Runtime.getRuntime().addShutdownHook(new Thread(story::breakOff, "demo-silence"));
    story.say("setting the stage: two chains with two blocks per second, PostgreSQL, fresh keys");
    try {
      return play(story, report);
    } catch (IOException | RuntimeException e) {
      if (story.isBrokenOff()) {
        return false; // that is why
      }
      throw e;
    }
  }

  private boolean play(Story story, Consumer<ObjectNode> report) throws IOException {
    try (var stage = Stage.build(root)) {
      var play = new Play(stage, story);
      story.scene("governance", "1. A DAO puts an agent on a leash", new GovernanceScene(play));
      story.scene("payment-at-home", "2. A payment at home", new HomePaymentScene(play));
      story.scene("payment-across-chains", "3. A payment across chains", new CrossChainScene(play));
      story.scene("bare-quorum", "4. A relayer is down", new BareQuorumScene(play));
      story.scene("delay", "5. A payment that its owner cancels", new DelayScene(play));
      story.scene("approval", "6. A payment that a Safe approves", new ApprovalScene(play));
      story.scene("over-the-cap", "7. Over the cap", new OverCapScene(play));
      story.scene("forgery", "8. Forgery", new ForgeryScene(play));
      story.scene("crash", "9. Crash", new CrashScene(play));
      story.scene(
          "failover", "10. A relayer's process dies while it leads", new FailoverScene(play));
      story.scene("audit", "11. Audit", new AuditScene(play));
      if (story.isBrokenOff()) {
        return false;
      }
      story.summarize();
      report.accept(report(story));
      if (!story.ok()) {
        story.say("logs of the processes: %s", stage.directory());
        stage.keepDirectory();
      } else if (keep) {
        new KeptStage(play, out).hold();
      }
      return story.ok();
    }
  }

  private static ObjectNode report(Story story) {
    var report = JSON.createObjectNode();
    report.put("ok", story.ok());
    report.put("seconds", Math.round(story.seconds() * 10) / 10.0);
    var scenes = report.putArray("scenes");
    for (var scene : story.reports()) {
      var node = scenes.addObject();
      node.put("name", scene.name());
      node.put("ok", scene.ok());
      node.put("seconds", Math.round(scene.took().toMillis() / 100.0) / 10.0);
      node.setAll((ObjectNode) JSON.valueToTree(scene.facts()));
    }
    return report;
  }
}
