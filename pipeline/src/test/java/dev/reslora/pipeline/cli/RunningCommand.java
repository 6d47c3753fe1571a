package dev.reslora.pipeline.cli;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A command that runs until it is told to stop, on a thread of its own. */
record RunningCommand(Thread thread, CompletableFuture<Integer> exit) {

  static RunningCommand start(Writer out, Writer err, String... words) {
    CompletableFuture<Integer> exit = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () ->
                exit.complete(
                    ResLora.commandLine()
                        .setOut(new PrintWriter(out, true))
                        .setErr(new PrintWriter(err, true))
                        .execute(words)));
    thread.start();
    return new RunningCommand(thread, exit);
  }

  /** Interrupts it, which is Ctrl-C, and waits for its exit code. */
  int stop() throws Exception {
    thread.interrupt();
    return exit.get(60, TimeUnit.SECONDS);
  }
}
