//! The backward pass of the operations: which gradients are asked for, and from what they are made.

use burn::backend::Autodiff;
use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops as Step, OpsKind};
use burn::backend::tensor::FloatTensor;

use super::extension::Ops;

/// [`super::conv2d`]'s backward step; its parents are x, weight and bias.
#[derive(Debug)]
struct Conv2d;

/// What the backward step keeps: where to find x, weight and bias, and the options.
#[derive(Debug, Clone)]
struct Kept {
    x: NodeId,
    weight: NodeId,
    bias: NodeId,
    padding: usize,
    dilation: usize,
}

impl<B: Ops> Backward<B, 3> for Conv2d {
    type State = Kept;

    fn backward(self, step: Step<Kept, 3>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
        let Kept { padding, dilation, .. } = step.state;
        let [x_node, weight_node, bias_node] = step.parents;
        let grad = grads.consume::<B>(&step.node);
        let x: FloatTensor<B> = checkpointer.retrieve_node_output(step.state.x);
        let weight: FloatTensor<B> = checkpointer.retrieve_node_output(step.state.weight);
        let bias: FloatTensor<B> = checkpointer.retrieve_node_output(step.state.bias);
        if let Some(node) = x_node {
            let x_grad = B::stride1_conv2d_x_grad(x.clone(), weight.clone(), grad.clone(), padding, dilation);
            grads.register::<B>(node.id, x_grad);
        }
        if let Some(node) = weight_node {
            let weight_grad =
                B::stride1_conv2d_weight_grad(x.clone(), weight, grad.clone(), padding, dilation);
            grads.register::<B>(node.id, weight_grad);
        }
        if let Some(node) = bias_node {
            grads.register::<B>(node.id, B::stride1_conv2d_bias_grad(x, bias, grad));
        }
    }
}

impl<B: Ops, C: CheckpointStrategy> Ops for Autodiff<B, C> {
    fn stride1_conv2d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        padding: usize,
        dilation: usize,
    ) -> FloatTensor<Self> {
        let forward = |x: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>| {
            let [x, weight, bias] = [x, weight, bias].map(FloatTensor::<Self>::into_primitive);
            B::stride1_conv2d(x, weight, bias, padding, dilation)
        };
        let nodes = [x.node(), weight.node(), bias.node()];
        match Backward::<B, 3>::prepare::<C>(Conv2d, nodes).compute_bound().stateful() {
            OpsKind::Tracked(mut prep) => {
                let [x_id, weight_id, bias_id] = [&x, &weight, &bias].map(|tensor| prep.checkpoint(tensor));
                let kept = Kept { x: x_id, weight: weight_id, bias: bias_id, padding, dilation };
                prep.finish(kept, forward(x, weight, bias))
            }
            OpsKind::UnTracked(prep) => prep.finish(forward(x, weight, bias)),
        }
    }
}
