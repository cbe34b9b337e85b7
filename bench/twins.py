# SPDX-License-Identifier: Apache-2.0
"""PyTorch twins of the benchmarked MLX models, from the same weights.

MLX keeps convolution weights as (out, height, width, in) and activations channels last; PyTorch wants
(out, in, height, width) and channels first. A twin takes and returns channels-first tensors."""

import torch
from safetensors.torch import load_file
from torch import nn


def conv_weight(weight):
    return weight.permute(0, 3, 1, 2).contiguous()


def after_flatten(weight, channels, height, width):
    """Columns of a Linear that follows a flatten: from (height, width, channels) to (channels, height, width)."""
    return weight.reshape(-1, height, width, channels).permute(0, 3, 1, 2).reshape(weight.shape[0], -1).contiguous()


def cnn_a(path):
    """The published MNIST network, in PyTorch's own layout already."""
    state = load_file(path)
    net = nn.Sequential(nn.Conv2d(1, 16, 4, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 4, 2, 1), nn.ReLU(), nn.Flatten(),
                        nn.Linear(1568, 100), nn.ReLU(), nn.Linear(100, 10))
    net.load_state_dict(state)
    return net.eval()


def lenet(path):
    w = load_file(path)
    net = nn.Sequential(nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 5, padding=2),
                        nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(3136, 1024), nn.ReLU(), nn.Linear(1024, 10))
    with torch.no_grad():
        for layer, name in ((net[0], "conv1"), (net[3], "conv2")):
            layer.weight.copy_(conv_weight(w[f"{name}.weight"]))
            layer.bias.copy_(w[f"{name}.bias"])
        net[7].weight.copy_(after_flatten(w["fc1.weight"], 64, 7, 7))
        net[7].bias.copy_(w["fc1.bias"])
        net[9].weight.copy_(w["fc2.weight"])
        net[9].bias.copy_(w["fc2.bias"])
    return net.eval()


class Block(nn.Module):
    def __init__(self, channels_in, channels_out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels_out)
        self.shortcut = nn.Identity()
        if stride != 1 or channels_in != channels_out:
            self.shortcut = nn.Sequential(nn.Conv2d(channels_in, channels_out, 1, stride, bias=False), nn.BatchNorm2d(channels_out))

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class ResNet18(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        blocks, channels = [], 64
        for stage, width in enumerate((64, 128, 256, 512)):
            for i in range(2):
                blocks.append(Block(channels, width, 2 if stage > 0 and i == 0 else 1))
                channels = width
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(512, 10)

    def forward(self, x):
        x = self.blocks(torch.relu(self.bn1(self.conv1(x))))
        return self.fc(x.mean((2, 3)))


def resnet18(path):
    w = load_file(path)
    net = ResNet18()
    state = net.state_dict()
    for key, value in state.items():
        if key.endswith("num_batches_tracked"):
            continue
        source = w[key]
        value.copy_(conv_weight(source) if source.ndim == 4 else source)
    net.load_state_dict(state)
    return net.eval()


def fold_batch_norm(net):
    """The same ResNet with every batch-norm folded into the convolution before it."""
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    net.conv1, net.bn1 = fuse_conv_bn_eval(net.conv1, net.bn1), nn.Identity()
    for block in net.blocks:
        block.conv1, block.bn1 = fuse_conv_bn_eval(block.conv1, block.bn1), nn.Identity()
        block.conv2, block.bn2 = fuse_conv_bn_eval(block.conv2, block.bn2), nn.Identity()
        if isinstance(block.shortcut, nn.Sequential):
            block.shortcut = fuse_conv_bn_eval(*block.shortcut)
    return net
