"""Programs on pictures: a convolutional net for digits, a residual net, a U-Net."""

import numpy as np
import torch
import torch.nn.functional as F
from numpy_weights import with_numpy_weights
from torch import nn, optim

__all__ = ["digits", "residual_network", "segmentation"]


class DigitNet(nn.Module):
    """Two convolutions and two linear layers, as in PyTorch's example for MNIST."""

    def __init__(self, dropout=0.5):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, 1)
        self.conv2 = nn.Conv2d(8, 16, 3, 1)
        self.dropout1 = nn.Dropout(dropout / 2)
        self.dropout2 = nn.Dropout(dropout)
        self.fc1 = nn.Linear(2304, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        x = self.conv1(x)
        x = F.relu(x)
        x = self.conv2(x)
        x = F.relu(x)
        x = F.max_pool2d(x, 2)
        x = self.dropout1(x)
        x = torch.flatten(x, 1)
        x = self.fc1(x)
        x = F.relu(x)
        x = self.dropout2(x)
        x = self.fc2(x)
        return F.log_softmax(x, dim=1)


def made_up_digits(n, rng):
    """Ten blurred patterns under noise, and which of them each picture is."""
    patterns = np.kron(np.random.default_rng(4).standard_normal((10, 7, 7)), np.ones((4, 4)))
    labels = rng.integers(0, 10, n)
    images = patterns[labels] + 0.5 * rng.standard_normal((n, 28, 28))
    return torch.tensor(images).unsqueeze(1), torch.tensor(labels)


def digits(compiled=lambda step: step):
    """Losses of three epochs, then the loss and the accuracy on test images after each."""
    rng = np.random.default_rng(5)
    train_images, train_labels = made_up_digits(24, rng)
    test_images, test_labels = made_up_digits(20, rng)
    model = with_numpy_weights(DigitNet(dropout=0.0), torch.tensor)  # for chance is not the same in two libraries
    optimizer = optim.Adadelta(model.parameters(), lr=1.0)
    scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)

    @compiled
    def step(data, target):
        optimizer.zero_grad()
        output = model(data)
        loss = F.nll_loss(output, target)
        loss.backward()
        optimizer.step()
        return loss

    losses, tested = [], []
    for _ in range(3):
        model.train()
        for data, target in zip(train_images.split(8), train_labels.split(8), strict=True):
            losses.append(step(data, target).item())
        model.eval()
        test_loss = 0
        correct = 0
        with torch.no_grad():
            for data, target in zip(test_images.split(10), test_labels.split(10), strict=True):
                output = model(data)
                test_loss += F.nll_loss(output, target, reduction="sum").item()
                pred = output.argmax(dim=1, keepdim=True)
                correct += pred.eq(target.view_as(pred)).sum().item()
        tested += [test_loss / len(test_images), correct / len(test_images)]
        scheduler.step()
    return losses + tested


class Shortcut(nn.Module):
    """Every second row and column, and channels of zeros on both sides: a shortcut without parameters."""

    def __init__(self, more_channels):
        super().__init__()
        self.more_channels = more_channels

    def forward(self, x):
        side = self.more_channels // 2
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, side, side), "constant", 0)


class BasicBlock(nn.Module):
    def __init__(self, in_planes, planes, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_planes, planes, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_planes != planes:
            self.shortcut = Shortcut(planes - in_planes)

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        return F.relu(out)


class ResNet(nn.Module):
    """The residual nets for small pictures of He et al. (2015): with 3 blocks a stage, ResNet-20."""

    def __init__(self, block, num_blocks, width=16, num_classes=10):
        super().__init__()
        self.in_planes = width
        self.conv1 = nn.Conv2d(3, width, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.layer1 = self._make_layer(block, width, num_blocks[0], stride=1)
        self.layer2 = self._make_layer(block, 2 * width, num_blocks[1], stride=2)
        self.layer3 = self._make_layer(block, 4 * width, num_blocks[2], stride=2)
        self.linear = nn.Linear(4 * width, num_classes)

    def _make_layer(self, block, planes, num_blocks, stride):
        strides = [stride] + [1] * (num_blocks - 1)
        layers = []
        for s in strides:
            layers.append(block(self.in_planes, planes, s))
            self.in_planes = planes
        return nn.Sequential(*layers)

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.layer1(out)
        out = self.layer2(out)
        out = self.layer3(out)
        out = F.avg_pool2d(out, out.size()[3])
        out = out.view(out.size(0), -1)
        return self.linear(out)


def residual_network(compiled=lambda step: step, steps=6):
    """Losses of ResNet-20 at a quarter of its width, then its mean prediction by the running statistics."""
    rng = np.random.default_rng(6)
    model = with_numpy_weights(ResNet(BasicBlock, [3, 3, 3], width=4), torch.tensor)
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    scheduler = optim.lr_scheduler.MultiStepLR(optimizer, milestones=[2, 5], gamma=0.1)

    @compiled
    def step(images, target):
        output = model(images)
        loss = criterion(output, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    losses = []
    model.train()
    for _ in range(steps):
        images = torch.tensor(rng.standard_normal((4, 3, 16, 16)))
        target = torch.tensor(rng.integers(0, 10, 4))
        losses.append(step(images, target).item())
        scheduler.step()
    model.eval()
    with torch.no_grad():
        probabilities = torch.softmax(model(images), dim=1).mean(dim=0)
    return losses + probabilities.tolist()


class DoubleConv(nn.Module):
    """(convolution, norm, ReLU) twice."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.double_conv = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
        )

    def forward(self, x):
        return self.double_conv(x)


class Up(nn.Module):
    """Twice as large, beside what the way down had at this size."""

    def __init__(self, in_channels, out_channels, bilinear):
        super().__init__()
        if bilinear:
            self.up = nn.Sequential(
                nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True),
                nn.Conv2d(in_channels, in_channels // 2, kernel_size=1),
            )
        else:
            self.up = nn.ConvTranspose2d(in_channels, in_channels // 2, kernel_size=2, stride=2)
        self.conv = DoubleConv(in_channels, out_channels)

    def forward(self, x1, x2):
        x1 = self.up(x1)
        diff_y = x2.size()[2] - x1.size()[2]
        diff_x = x2.size()[3] - x1.size()[3]
        x1 = F.pad(x1, [diff_x // 2, diff_x - diff_x // 2, diff_y // 2, diff_y - diff_y // 2])
        x = torch.cat([x2, x1], dim=1)
        return self.conv(x)


class UNet(nn.Module):
    """Down, up, and across (Ronneberger et al. 2015)."""

    def __init__(self, n_channels, n_classes, width=4):
        super().__init__()
        self.inc = DoubleConv(n_channels, width)
        self.down1 = nn.Sequential(nn.MaxPool2d(2), DoubleConv(width, 2 * width))
        self.down2 = nn.Sequential(nn.MaxPool2d(2), DoubleConv(2 * width, 4 * width))
        self.up1 = Up(4 * width, 2 * width, bilinear=False)
        self.up2 = Up(2 * width, width, bilinear=True)
        self.outc = nn.Conv2d(width, n_classes, kernel_size=1)

    def forward(self, x):
        x1 = self.inc(x)
        x2 = self.down1(x1)
        x3 = self.down2(x2)
        x = self.up1(x3, x2)
        x = self.up2(x, x1)
        return self.outc(x)


def dice_loss(logits, target, epsilon=1e-6):
    probs = torch.sigmoid(logits)
    intersection = (probs * target).sum(dim=(1, 2))
    sets = probs.sum(dim=(1, 2)) + target.sum(dim=(1, 2))
    dice = (2 * intersection + epsilon) / (sets + epsilon)
    return 1 - dice.mean()


def segmentation(compiled=lambda step: step, steps=6):
    """Losses of a U-Net that finds discs, by cross-entropy and overlap, then the overlap with its prediction."""
    rng = np.random.default_rng(7)
    model = with_numpy_weights(UNet(n_channels=1, n_classes=1), torch.tensor)
    optimizer = optim.RMSprop(model.parameters(), lr=1e-3, weight_decay=1e-8, momentum=0.9)
    criterion = nn.BCEWithLogitsLoss()

    @compiled
    def step(images, true_masks):
        masks_pred = model(images)
        loss = criterion(masks_pred.squeeze(1), true_masks.double())
        loss += dice_loss(masks_pred.squeeze(1), true_masks.double())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss

    rows, columns = np.mgrid[:22, :26]
    losses = []
    model.train()
    for _ in range(steps):
        centres = rng.uniform(6, 16, (2, 2, 1, 1))
        discs = (rows - centres[:, 0]) ** 2 + (columns - centres[:, 1]) ** 2 < 20
        images = torch.tensor(discs + 0.3 * rng.standard_normal(discs.shape)).unsqueeze(1)
        true_masks = torch.tensor(discs)
        losses.append(step(images, true_masks).item())
    model.eval()
    with torch.no_grad():
        masks_pred = (torch.sigmoid(model(images)) > 0.5).squeeze(1)
    overlap = (masks_pred & true_masks).sum().item() / (masks_pred | true_masks).sum().item()
    return [*losses, overlap]
