// Workflows of an application of its own for the TypeScript SDK; each waits for one thing.
const wf = require('@temporalio/workflow');

const { pack, weigh } = wf.proxyActivities({ startToCloseTimeout: '5 minutes' });

exports.packFlow = async (order) => pack(order);
exports.weighFlow = async (order) => weigh(order);
exports.otherQueueFlow = async () => wf.proxyActivities({ startToCloseTimeout: '5 minutes', taskQueue: 'ts-pack-activities' }).pack('a');
exports.approvalFlow = async () => {
  let approved = false;
  wf.setHandler(wf.defineSignal('approve'), () => { approved = true; });
  await wf.condition(() => approved);
};
exports.timerFlow = async () => wf.sleep('1 hour');
exports.undefinedFlow = async (order) => order.price.amount; // the mistake that this workflow is about
exports.parentFlow = async () => wf.executeChild('approvalFlow', { workflowId: wf.workflowInfo().workflowId + '-child', taskQueue: 'ts-approvals' });
