package doctor

// wkEntries are faults that end a worker before it asks for a task: nothing of the connection is in question. They
// are known by the worker's own words; the check, which starts no worker, never gives them.
var wkEntries = []Entry{
	started(Entry{Code: "WK-01", Title: "The task queue's name is reserved",
		Cause: "Names that begin with /_sys/ belong to the server: it uses them for the parts of a task queue.",
		Fix:   fixes(dev("Give the task queue another name, in the worker and where workflows are started.")), Symptoms: said("task queue name cannot start with reserved prefix /_sys/"), Related: related("WK-02", "TQ-02")}),
	started(Entry{Code: "WK-02", Title: "The worker has nothing to work on",
		Cause: "No workflow, activity or Nexus service was registered with it, so it does not start.",
		Fix:   fixes(dev("Register the workflows and activities before the worker starts, and see that the files they are in are loaded.")), Symptoms: said("At least one activity, Nexus service, or workflow must be specified", "Must have at least one workflow, activity, or Nexus service"), Related: related("WK-03", "WF-01")}),
	started(Entry{Code: "WK-03", Title: "The worker rejects a workflow or activity declaration",
		Cause: "What was registered breaks a rule of the SDK: a missing mark or decorator, a name that occurs twice, or a module that may not be loaded inside a workflow. The lines below the message name it.",
		Fix: fixes(dev("Read the innermost error below this one: it names the class, the function or the import."),
			dev("In Python, import modules that are not for workflows inside: with workflow.unsafe.imports_passed_through().")),
		Symptoms: said("Failed validating workflow", "missing attributes, was it decorated with @activity.defn?", "More than one activity named", "workflow type is already registered with the worker"), Related: related("WK-02", "WF-18")}),
	started(Entry{Code: "WK-04", Title: "RoadRunner got no worker from the PHP application",
		Cause: "RoadRunner starts the PHP program and asks it which workers it has; it answered with none, or ended before it answered.",
		Fix: fixes(dev("Let the program of server.command make a worker (WorkerFactory::newWorker), register its workflows and activities, and end with $factory->run()."),
			dev("Run that program alone: what it prints or throws is why it ended. It must not print to stdout.", "php worker.php")),
		Symptoms: said("worker info should contain at least 1 worker", "temporal_plugin_serve"), Related: related("WK-02")}),
	started(Entry{Code: "WK-05", Title: "The SDK's own library does not fit this machine",
		Cause: "The SDK brings a compiled library, and none for this operating system, processor or C library was found. Alpine Linux, whose C library is musl, is the usual case.",
		Fix: fixes(platform("Use an image with glibc, such as Debian's slim ones, for the processor that it runs on."),
			dev("Reinstall the packages on the machine or in the image where they run; do not copy them from another.")),
		Symptoms: said("ld-linux-x86-64.so.2: no such file or directory", "Unable to load shared library 'temporalio_sdk_core_c_bridge'"), Related: related("WK-03")}),
	started(Entry{Code: "WK-06", Title: "The workflows cannot be put into one bundle",
		Cause: "The TypeScript worker packs the workflows and all they import into one file, and an import is not there or is not allowed in workflows.",
		Fix: fixes(dev("Keep what needs Node's own modules or the network in activities; in the workflow's file import only their types."),
			dev("Check that workflowsPath is the file that exports the workflows.")),
		Symptoms: said("is importing the following disallowed modules", "Module not found: Error: Can't resolve"), Related: related("WK-03", "WF-18")}),
	started(Entry{Code: "WK-07", Title: "This client cannot be used for a worker",
		Cause: "The worker was given a client that is lazy, wrapped, closed or of another kind than workers need.",
		Fix:   fixes(dev("Give the worker a connected client: in TypeScript a NativeConnection, elsewhere the client that connect or Dial returned.")), Symptoms: said("Lazy clients cannot be used for workers", "Client cannot be used for a worker"), Related: related("WK-03")}),
	started(Entry{Code: "WK-08", Title: "The worker was told to stop",
		Cause: "The worker is ending or has ended, by its own program or by a signal. The messages after this are part of the shutdown, not a connection failure.",
		Fix:   fixes(dev("Look above for why the program ended; a container may have been stopped or replaced, or have run out of memory.")), Symptoms: said("worker is now shutdown", "Core is shut down and there are no more tasks of this kind"), Related: related("TQ-09")}),
	started(Entry{Code: "WK-09", Title: "No task queue was named",
		Cause: "A worker polls one task queue, and a workflow is started on one; here none was given.",
		Fix:   fixes(dev("Give the same task queue to the worker and where workflows are started.")), Symptoms: said("Task queue required", "missing task queue field"), Related: related("WK-01", "TQ-02")}),
}

// started fills in what all faults of a worker's start have in common.
func started(e Entry) Entry {
	e.Stage = stageWorkflow
	e.NotWrong = either(e.NotWrong, "Network, certificates and namespace are not in question: this message does not come from a call to the server.")
	e.ConfirmIsText = e.Confirm == ""
	e.Confirm = either(e.Confirm, "Start the worker again and read the first error that it prints.")
	e.Unseen = "The worker's own code, which was not read."
	e.Sources = []string{"https://docs.temporal.io/workers", "https://docs.temporal.io/develop"}
	return e
}
