package dev.reslora.pipeline.live;

import dev.reslora.pipeline.http.Patience;
import io.undertow.Undertow;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;

/** Serves a {@link LivePage} on an address of its own. */
public final class LivePageServer implements AutoCloseable {

  private final LivePage page;
  private final Undertow http;

  private LivePageServer(InetSocketAddress address, LivePage page) {
    this.page = page;
    this.http = Patience.USUAL.server(address.getHostString(), address.getPort(), page.handler());
  }

  /**
   * Starts to follow the topics and to serve.
   *
   * @param address where; port 0 is any
   * @throws IOException when it cannot listen there
   */
  public static LivePageServer start(String title, InetSocketAddress address, LiveTopics topics)
      throws IOException {
    LivePageServer server = new LivePageServer(address, new LivePage(title, topics));
    try {
      server.http.start();
    } catch (RuntimeException e) {
      throw new IOException("cannot listen on " + address + ": " + e.getMessage(), e);
    }
    server.page.follow();
    return server;
  }

  /** Where the page is. */
  public URI address() {
    InetSocketAddress bound = (InetSocketAddress) http.getListenerInfo().get(0).getAddress();
    InetAddress on = bound.getAddress();
    String host = on.isAnyLocalAddress() ? "127.0.0.1" : bound.getHostString();
    return URI.create("http://" + host + ":" + bound.getPort() + "/");
  }

  @Override
  public void close() {
    page.close();
    http.stop();
  }
}
