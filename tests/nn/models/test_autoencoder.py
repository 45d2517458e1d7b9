import numpy as np

import autograd_core as ag
import nn
import optim
from nn.training import Trainer
from nn.training.pictures import as_input


def test_pictures_come_back_from_a_code_of_sixteen_numbers(sample):
    """Better than the mean picture, on pictures it has not seen, and the decoder alone makes them of codes."""
    ag.manual_seed(0)
    model = nn.models.Autoencoder(code=16)
    images, unseen = as_input(sample.train.images), as_input(sample.test.images)
    trainer = Trainer(model, nn.functions.mse_loss, optim.Adam(model.parameters(), lr=2e-3))
    trainer.fit((images, images), (unseen, unseen), epochs=30, batch_size=25)
    of_the_mean = float(np.mean((unseen - images.mean(axis=0)) ** 2))
    assert trainer.history[-1].validation["loss"] < 0.6 * of_the_mean
    with ag.no_grad():
        codes = model.encoder(ag.tensor(unseen[:5]))
        assert codes.shape == (5, 16)
        again = model.decoder(codes).numpy()
        np.testing.assert_array_equal(again, model(ag.tensor(unseen[:5])).numpy())
    assert again.shape == (5, 1, 28, 28)
    assert 0 <= again.min() <= again.max() <= 1
