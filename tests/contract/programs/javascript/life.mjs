// A workflow's life by Amazon's client for JavaScript: each answer that it understood, as a line of JSON.
import {
  CountClosedWorkflowExecutionsCommand,
  DescribeWorkflowExecutionCommand,
  ListOpenWorkflowExecutionsCommand,
  PollForActivityTaskCommand,
  PollForDecisionTaskCommand,
  RecordActivityTaskHeartbeatCommand,
  RegisterActivityTypeCommand,
  RegisterDomainCommand,
  RegisterWorkflowTypeCommand,
  RespondActivityTaskCompletedCommand,
  RespondDecisionTaskCompletedCommand,
  SignalWorkflowExecutionCommand,
  StartWorkflowExecutionCommand,
  SWFClient,
  paginateGetWorkflowExecutionHistory,
} from "@aws-sdk/client-swf";

const client = new SWFClient({});
const call = (Command, input) => client.send(new Command(input));
const tell = (name, value) => console.log(JSON.stringify([name, value]));

const domain = "javascript";
const workflowType = { name: "order", version: "1" };
const taskList = { name: "tasks" };
const registration = { name: domain, workflowExecutionRetentionPeriodInDays: "1" };

await call(RegisterDomainCommand, registration);
try {
  await call(RegisterDomainCommand, registration);
} catch (error) {
  const { name, $fault: side, $metadata: about } = error;
  tell("fault", [name, side, about.httpStatusCode, typeof about.requestId]);
}
await call(RegisterWorkflowTypeCommand, {
  domain,
  ...workflowType,
  defaultTaskList: taskList,
  defaultChildPolicy: "TERMINATE",
  defaultTaskStartToCloseTimeout: "60",
  defaultExecutionStartToCloseTimeout: "600",
});
await call(RegisterActivityTypeCommand, { domain, name: "ship", version: "1" });

const { runId } = await call(StartWorkflowExecutionCommand, { domain, workflowId: "o1", workflowType, input: "größe ☕" });
await call(SignalWorkflowExecutionCommand, { domain, workflowId: "o1", signalName: "hurry", input: "please" });

let task = await call(PollForDecisionTaskCommand, { domain, taskList });
const [started] = task.events;
tell("input", started.workflowExecutionStartedEventAttributes.input);
tell("clock", Math.abs(Date.now() - started.eventTimestamp) < 60_000);
const schedule = {
  activityId: "s1",
  activityType: { name: "ship", version: "1" },
  taskList,
  heartbeatTimeout: "NONE",
  scheduleToStartTimeout: "NONE",
  scheduleToCloseTimeout: "NONE",
  startToCloseTimeout: "60",
};
await call(RespondDecisionTaskCompletedCommand, {
  taskToken: task.taskToken,
  decisions: [{ decisionType: "ScheduleActivityTask", scheduleActivityTaskDecisionAttributes: schedule }],
});

const work = await call(PollForActivityTaskCommand, { domain, taskList });
tell("heartbeat", await call(RecordActivityTaskHeartbeatCommand, { taskToken: work.taskToken }).then((x) => x.cancelRequested));
// The decider waits already when the activity ends.
const waiting = call(PollForDecisionTaskCommand, { domain, taskList });
await call(RespondActivityTaskCompletedCommand, { taskToken: work.taskToken, result: "shipped" });
task = await waiting;
const result = { result: "done" };
await call(RespondDecisionTaskCompletedCommand, {
  taskToken: task.taskToken,
  decisions: [{ decisionType: "CompleteWorkflowExecution", completeWorkflowExecutionDecisionAttributes: result }],
});

const execution = { workflowId: "o1", runId };
const types = [];
for await (const page of paginateGetWorkflowExecutionHistory({ client, pageSize: 5 }, { domain, execution })) {
  types.push(...page.events.map((event) => event.eventType));
}
tell("history", types);
const { executionInfo } = await call(DescribeWorkflowExecutionCommand, { domain, execution });
tell("closed", executionInfo.closeStatus);
const startTimeFilter = { oldestDate: new Date(Date.now() - 3_600_000) };
tell("count", (await call(CountClosedWorkflowExecutionsCommand, { domain, startTimeFilter })).count);
tell("open", (await call(ListOpenWorkflowExecutionsCommand, { domain, startTimeFilter })).executionInfos);
tell("nothing", (await call(PollForActivityTaskCommand, { domain, taskList })).taskToken ?? null);
