import com.sun.source.util.JavacTask;
import java.nio.file.Path;
import java.util.Arrays;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;

/** Parses the files it is given with the JDK's own parser, and fails if one does not parse. */
public class Parse {
    public static void main(String[] files) throws Exception {
        var compiler = ToolProvider.getSystemJavaCompiler();
        var problems = new DiagnosticCollector<JavaFileObject>();
        try (var manager = compiler.getStandardFileManager(problems, null, null)) {
            var sources = manager.getJavaFileObjectsFromPaths(Arrays.stream(files).map(Path::of).toList());
            ((JavacTask) compiler.getTask(null, manager, problems, null, null, sources)).parse();
        }
        problems.getDiagnostics().forEach(System.err::println);
        System.exit(problems.getDiagnostics().isEmpty() ? 0 : 1);
    }
}
