"""Programs that make up examples: a variational autoencoder, a GAN, a Wasserstein GAN."""

import numpy as np
import torch
import torch.nn.functional as F
from numpy_weights import with_numpy_weights
from torch import nn, optim
from torch.autograd import grad

__all__ = ["adversarial_network", "variational_autoencoder", "wasserstein_gan"]


class VAE(nn.Module):
    """A Gaussian latent variable, and an encoder that guesses it (Kingma and Welling 2013)."""

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 32)
        self.fc21 = nn.Linear(32, 4)
        self.fc22 = nn.Linear(32, 4)
        self.fc3 = nn.Linear(4, 32)
        self.fc4 = nn.Linear(32, 64)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def reparameterize(self, mu, logvar, eps):
        std = torch.exp(0.5 * logvar)
        return mu + eps * std

    def decode(self, z):
        h3 = F.relu(self.fc3(z))
        return torch.sigmoid(self.fc4(h3))

    def forward(self, x, eps):
        mu, logvar = self.encode(x.view(-1, 64))
        z = self.reparameterize(mu, logvar, eps)
        return self.decode(z), mu, logvar


def vae_loss(recon_x, x, mu, logvar):
    bce = F.binary_cross_entropy(recon_x, x.view(-1, 64), reduction="sum")
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return bce + kld


def variational_autoencoder(compiled=lambda step: step, steps=8):
    """Losses on bars of eight by eight; noise comes with the data, for chance is not the same in two libraries."""
    rng = np.random.default_rng(8)
    model = with_numpy_weights(VAE(), torch.tensor)
    optimizer = optim.Adam(model.parameters(), lr=1e-2)

    @compiled
    def step(data, eps):
        optimizer.zero_grad()
        recon_batch, mu, logvar = model(data, eps)
        loss = vae_loss(recon_batch, data, mu, logvar)
        loss.backward()
        optimizer.step()
        return loss

    losses = []
    for _ in range(steps):
        bars = rng.random((16, 1, 8, 1)) < 0.4
        data = torch.tensor(np.broadcast_to(bars, (16, 1, 8, 8)).astype(float))
        losses.append(step(data, torch.tensor(rng.standard_normal((16, 4)))).item() / len(data))
    with torch.no_grad():
        sample = model.decode(torch.tensor(rng.standard_normal((2, 4)))).view(2, 1, 8, 8)
    return [*losses, *sample.mean(dim=(1, 2, 3)).tolist()]


class Generator(nn.Module):
    """Noise through transposed convolutions to pictures (Radford et al. 2015)."""

    def __init__(self, nz=8, ngf=4):
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(nz, ngf * 2, 4, 1, 0, bias=False),
            nn.BatchNorm2d(ngf * 2),
            nn.ReLU(),
            nn.ConvTranspose2d(ngf * 2, ngf, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ngf),
            nn.ReLU(),
            nn.ConvTranspose2d(ngf, 1, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, input):
        return self.main(input)


class Discriminator(nn.Module):
    def __init__(self, ndf=4):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(1, ndf, 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2),
            nn.Conv2d(ndf, ndf * 2, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ndf * 2),
            nn.LeakyReLU(0.2),
            nn.Conv2d(ndf * 2, 1, 4, 1, 0, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, input):
        return self.main(input).view(-1, 1).squeeze(1)


def adversarial_network(compiled=lambda step: step, steps=5):
    """Losses of discriminator and generator in turn, and what the discriminator says of fakes before and after."""
    rng = np.random.default_rng(9)
    netg = with_numpy_weights(Generator(), torch.tensor)
    netd = with_numpy_weights(Discriminator(), torch.tensor)
    criterion = nn.BCELoss()
    optimizer_d = optim.Adam(netd.parameters(), lr=2e-3, betas=(0.5, 0.999))
    optimizer_g = optim.Adam(netg.parameters(), lr=2e-3, betas=(0.5, 0.999))
    real_label, fake_label = 1.0, 0.0

    @compiled
    def step(real, noise):
        netd.zero_grad()
        label = torch.full((real.size(0),), real_label, dtype=real.dtype, device=real.device)
        output = netd(real)
        err_d_real = criterion(output, label)
        err_d_real.backward()
        fake = netg(noise)
        output = netd(fake.detach())
        err_d_fake = criterion(output, torch.full_like(label, fake_label))
        err_d_fake.backward()
        d_of_fake_before = output.mean()
        optimizer_d.step()

        netg.zero_grad()
        output = netd(fake)  # the discriminator that has just learned
        err_g = criterion(output, label)
        err_g.backward()
        optimizer_g.step()
        return err_d_real + err_d_fake, err_g, d_of_fake_before, output.mean()

    seen = []
    for _ in range(steps):
        real = torch.tensor(np.tanh(rng.standard_normal((8, 1, 16, 1)) + np.zeros(16)))
        noise = torch.tensor(rng.standard_normal((8, 8, 1, 1)))
        seen += [number.item() for number in step(real, noise)]
    return seen


def wasserstein_gan(compiled=lambda step: step, steps=6, weight=10.0):
    """A WGAN whose critic pays for gradients that are not of length 1 (Gulrajani et al. 2017)."""
    rng = np.random.default_rng(3)
    critic = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1))
    generator = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
    for net in (critic, generator):
        net.double()
        net.load_state_dict(
            {name: torch.tensor(rng.standard_normal(p.shape) * 0.5) for name, p in net.state_dict().items()}
        )
    critic_optimizer = optim.Adam(critic.parameters(), lr=1e-2, betas=(0.0, 0.9))
    generator_optimizer = optim.Adam(generator.parameters(), lr=1e-2, betas=(0.0, 0.9))

    def gradient_penalty(real, fake, epsilon):
        mixed = epsilon * real + (1 - epsilon) * fake
        mixed.requires_grad = True
        scores = critic(mixed)
        (gradient,) = grad(scores, [mixed], torch.ones_like(scores), create_graph=True)
        return ((gradient.square().sum(1).sqrt() - 1) ** 2).mean()

    @compiled
    def iteration(batches, noise):
        losses = []
        for real, its_noise, epsilon in batches:
            fake = generator(its_noise).detach()
            loss = critic(fake).mean() - critic(real).mean() + weight * gradient_penalty(real, fake, epsilon)
            critic_optimizer.zero_grad()
            loss.backward()
            critic_optimizer.step()
            losses.append(loss)
        loss = -critic(generator(noise)).mean()
        generator_optimizer.zero_grad()
        loss.backward()
        generator_optimizer.step()
        return [*losses, loss]

    losses = []
    for _ in range(steps):
        batches = [
            (
                torch.tensor(rng.standard_normal((8, 2)) + 2.0),
                torch.tensor(rng.standard_normal((8, 4))),
                torch.tensor(rng.random((8, 1))),
            )
            for _ in range(2)
        ]
        losses += [loss.item() for loss in iteration(batches, torch.tensor(rng.standard_normal((8, 4))))]
    return losses
