//! The backward pass of the operations: which gradients are asked for, and from what they are made.
//!
//! A step keeps its inputs through Burn's checkpointer and nothing else: what lies between input and
//! result is computed anew.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::retro_forward::RetroForward;
use burn::backend::autodiff::checkpoint::state::BackwardStates;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops as Step, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};

use super::flex::{Ops, Primitive, dims, primitive};
use super::{conv, double, norm};

/// [`super::conv2d`]'s backward step; its parents are x, weight and bias.
#[derive(Debug)]
struct Conv2d;

/// What the backward step of a convolution keeps: where to find x and weight, and the options.
#[derive(Debug, Clone)]
struct ConvInputs {
    x: NodeId,
    weight: NodeId,
    padding: usize,
    dilation: usize,
}

impl Backward<Flex, 3> for Conv2d {
    type State = ConvInputs;

    fn backward(self, step: Step<ConvInputs, 3>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
        let inputs = step.state;
        let grad = grads.consume::<Flex>(&step.node).to_contiguous();
        let x: Primitive = checkpointer.retrieve_node_output(inputs.x);
        let weight: Primitive = checkpointer.retrieve_node_output(inputs.weight);
        let geometry = conv::Geometry::new(dims(&x), dims(&weight), inputs.padding, inputs.dilation);
        let [x_node, weight_node, bias_node] = step.parents;
        if let Some(node) = x_node {
            let x_grad = conv::x_gradient(&geometry, weight.to_contiguous().storage(), grad.storage());
            grads.register::<Flex>(node.id, primitive(x_grad, dims(&x)));
        }
        if let Some(node) = weight_node {
            let weight_grad = conv::weight_gradient(&geometry, x.to_contiguous().storage(), grad.storage());
            grads.register::<Flex>(node.id, primitive(weight_grad, dims(&weight)));
        }
        if let Some(node) = bias_node {
            let bias_grad = conv::bias_gradient(&geometry, grad.storage());
            grads.register::<Flex>(node.id, primitive(bias_grad, [geometry.outputs]));
        }
    }
}

/// [`super::norm_leaky`]'s backward step; its parents are x and the modulation.
#[derive(Debug)]
struct NormLeaky;

/// What the backward step of a norm keeps: where to find x and the modulation, and the constants.
#[derive(Debug, Clone)]
struct NormInputs {
    x: NodeId,
    modulation: NodeId,
    constants: norm::Constants,
}

impl Backward<Flex, 2> for NormLeaky {
    type State = NormInputs;

    fn backward(self, step: Step<NormInputs, 2>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
        let grad = grads.consume::<Flex>(&step.node).to_contiguous();
        let x: Primitive = checkpointer.retrieve_node_output(step.state.x);
        let modulation: Primitive = checkpointer.retrieve_node_output(step.state.modulation);
        let [x, modulation] = [x, modulation].map(|tensor| tensor.to_contiguous());
        let sizes = norm::Sizes::new(dims(&x), dims(&modulation));
        let [x_grad, modulation_grad] =
            norm::backward(&sizes, step.state.constants, x.storage(), modulation.storage(), grad.storage());
        let [x_node, modulation_node] = step.parents;
        if let Some(node) = x_node {
            grads.register::<Flex>(node.id, primitive(x_grad, dims(&x)));
        }
        if let Some(node) = modulation_node {
            grads.register::<Flex>(node.id, primitive(modulation_grad, dims(&modulation)));
        }
    }
}

/// [`super::double_linear`]'s backward step; it keeps the sizes of x.
#[derive(Debug)]
struct DoubleLinear;

impl Backward<Flex, 1> for DoubleLinear {
    type State = [usize; 4];

    fn backward(self, step: Step<[usize; 4], 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [_, _, height, width] = step.state;
        let grad = grads.consume::<Flex>(&step.node).to_contiguous();
        if let [Some(node)] = step.parents {
            let x_grad = double::backward(grad.storage(), [height, width]);
            grads.register::<Flex>(node.id, primitive(x_grad, step.state));
        }
    }
}

/// [`super::norm_leaky`] once more, during the backward pass.
#[derive(Debug, Clone)]
struct NormAgain {
    x: NodeId,
    modulation: NodeId,
    constants: norm::Constants,
}

impl RetroForward for NormAgain {
    fn forward(&self, states: &mut BackwardStates, out_node: NodeId) {
        let x: Primitive = states.get_state(&self.x);
        let modulation: Primitive = states.get_state(&self.modulation);
        states.save(out_node, Flex::norm_leaky(x, modulation, self.constants));
    }
}

impl<C: CheckpointStrategy> Ops for Autodiff<Flex, C> {
    fn stride1_conv2d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        padding: usize,
        dilation: usize,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), weight.node(), bias.node()];
        let result = Flex::stride1_conv2d(
            x.primitive().clone(),
            weight.primitive().clone(),
            bias.into_primitive(),
            padding,
            dilation,
        );
        match Backward::<Flex, 3>::prepare::<C>(Conv2d, nodes).compute_bound().stateful() {
            OpsKind::Tracked(mut prep) => {
                let [x, weight] = [x, weight].map(|tensor| prep.checkpoint(&tensor));
                prep.finish(ConvInputs { x, weight, padding, dilation }, result)
            }
            OpsKind::UnTracked(prep) => prep.finish(result),
        }
    }

    fn norm_leaky(
        x: FloatTensor<Self>,
        modulation: FloatTensor<Self>,
        constants: norm::Constants,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), modulation.node()];
        let result = Flex::norm_leaky(x.primitive().clone(), modulation.primitive().clone(), constants);
        // Cheap beside a convolution: with gradient checkpointing it is computed anew.
        let again = NormAgain { x: x.node().id(), modulation: modulation.node().id(), constants };
        let prepared = Backward::<Flex, 2>::prepare::<C>(NormLeaky, nodes).memory_bound();
        match prepared.retro_forward(again).parents([&x, &modulation]).stateful() {
            OpsKind::Tracked(mut prep) => {
                let [x, modulation] = [x, modulation].map(|tensor| prep.checkpoint(&tensor));
                prep.finish(NormInputs { x, modulation, constants }, result)
            }
            OpsKind::UnTracked(prep) => prep.finish(result),
        }
    }

    fn double_linear(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let (node, sizes) = (x.node(), dims(x.primitive()));
        let result = Flex::double_linear(x.into_primitive());
        match Backward::<Flex, 1>::prepare::<C>(DoubleLinear, [node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(sizes, result),
            OpsKind::UnTracked(prep) => prep.finish(result),
        }
    }
}
