package dev.reslora.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystemFactory;
import org.apache.flink.core.fs.local.LocalFileSystem;
import org.apache.flink.core.fs.local.LocalRecoverableWriter;
import org.apache.flink.core.plugin.PluginManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store on a file system that only creates files, as flink-s3-fs-presto is one. */
class SnapshotStoreTest {

  private static final byte[] PAYLOAD = {1, 2, 3};

  @TempDir Path directory;

  private static final class Plain extends LocalFileSystem implements FileSystemFactory {

    @Override
    public LocalRecoverableWriter createRecoverableWriter() {
      throw new UnsupportedOperationException("not here");
    }

    @Override
    public String getScheme() {
      return "plain";
    }

    @Override
    public FileSystem create(URI uri) {
      return this;
    }
  }

  @BeforeEach
  void load() {
    FileSystem.initialize(
        new Configuration(),
        new PluginManager() {
          @Override
          public <P> Iterator<P> load(Class<P> service) {
            return service == FileSystemFactory.class
                ? List.of(service.cast(new Plain())).iterator()
                : Collections.emptyIterator();
          }
        });
  }

  @AfterEach
  void forget() {
    FileSystem.initialize(new Configuration(), null);
  }

  @Test
  void writesWhatIsNotThereWhole() throws IOException {
    SnapshotStore store = new SnapshotStore("plain://" + directory);
    String dataref = store.put("mail", 1, PAYLOAD);
    assertThat(dataref).startsWith("plain:");
    Path file = directory.resolve(dataref.substring(dataref.lastIndexOf('/') + 1));
    Files.write(file, new byte[] {1});
    assertThat(store.put("mail", 1, PAYLOAD)).isEqualTo(dataref);
    assertThat(SnapshotStore.reader().read(URI.create(dataref), 3)).isEqualTo(PAYLOAD);
    SnapshotStore.remove(dataref);
    assertThatThrownBy(() -> SnapshotStore.reader().read(URI.create(dataref), 3))
        .isInstanceOf(FileNotFoundException.class);
  }
}
