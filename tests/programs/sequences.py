"""Programs on sequences: a small GPT, a tagger of padded sentences, a translator with attention."""

import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from numpy_weights import with_numpy_weights

__all__ = ["small_gpt", "tagger", "translation"]


class CausalSelfAttention(nn.Module):
    """Attention to what came before, written out."""

    def __init__(self, n_embd, n_head, block_size):
        super().__init__()
        self.c_attn = nn.Linear(n_embd, 3 * n_embd)
        self.c_proj = nn.Linear(n_embd, n_embd)
        self.register_buffer("bias", torch.tril(torch.ones(block_size, block_size)).view(1, 1, block_size, block_size))
        self.n_head = n_head
        self.n_embd = n_embd

    def forward(self, x):
        B, T, C = x.size()
        q, k, v = self.c_attn(x).split(self.n_embd, dim=2)
        k = k.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        q = q.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        v = v.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        att = att.masked_fill(self.bias[:, :, :T, :T] == 0, float("-inf"))
        att = F.softmax(att, dim=-1)
        y = att @ v
        y = y.transpose(1, 2).contiguous().view(B, T, C)
        return self.c_proj(y)


class Block(nn.Module):
    def __init__(self, n_embd, n_head, block_size):
        super().__init__()
        self.ln_1 = nn.LayerNorm(n_embd)
        self.attn = CausalSelfAttention(n_embd, n_head, block_size)
        self.ln_2 = nn.LayerNorm(n_embd)
        self.mlp = nn.ModuleDict(
            {
                "c_fc": nn.Linear(n_embd, 4 * n_embd),
                "c_proj": nn.Linear(4 * n_embd, n_embd),
                "act": nn.GELU(approximate="tanh"),
            }
        )

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp.c_proj(self.mlp.act(self.mlp.c_fc(self.ln_2(x))))


class GPT(nn.Module):
    """A decoder of Transformer blocks (Radford et al. 2019), whose embedding is its output layer, too."""

    def __init__(self, vocab_size, block_size, n_layer=2, n_head=2, n_embd=16):
        super().__init__()
        self.block_size = block_size
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(vocab_size, n_embd),
                "wpe": nn.Embedding(block_size, n_embd),
                "h": nn.ModuleList([Block(n_embd, n_head, block_size) for _ in range(n_layer)]),
                "ln_f": nn.LayerNorm(n_embd),
            }
        )
        self.lm_head = nn.Linear(n_embd, vocab_size, bias=False)
        self.transformer.wte.weight = self.lm_head.weight

    def configure_optimizer(self, weight_decay, learning_rate):
        param_dict = {pn: p for pn, p in self.named_parameters() if p.requires_grad}
        decay = [p for n, p in param_dict.items() if p.dim() >= 2]
        no_decay = [p for n, p in param_dict.items() if p.dim() < 2]
        groups = [{"params": decay, "weight_decay": weight_decay}, {"params": no_decay, "weight_decay": 0.0}]
        return optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.95), eps=1e-8)

    def forward(self, idx, targets=None):
        device = idx.device
        t = idx.size(1)
        assert t <= self.block_size
        pos = torch.arange(0, t, dtype=torch.long, device=device).unsqueeze(0)
        x = self.transformer.wte(idx) + self.transformer.wpe(pos)
        for block in self.transformer.h:
            x = block(x)
        x = self.transformer.ln_f(x)
        if targets is None:
            return self.lm_head(x[:, [-1], :]), None
        logits = self.lm_head(x)
        return logits, F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1)

    @torch.no_grad()
    def generate(self, idx, max_new_tokens):
        for _ in range(max_new_tokens):
            idx_cond = idx if idx.size(1) <= self.block_size else idx[:, -self.block_size :]
            logits, _ = self(idx_cond)
            probs = F.softmax(logits[:, -1, :], dim=-1)
            _, idx_next = torch.topk(probs, k=1, dim=-1)
            idx = torch.cat((idx, idx_next), dim=1)
        return idx


def small_gpt(compiled=lambda step: step, steps=8):
    """Losses on a line of verse, letter by letter, then the letters with which it goes on."""
    text = "so long as men can breathe or eyes can see so long lives this and this gives life to thee "
    chars = sorted(set(text))
    stoi = {ch: i for i, ch in enumerate(chars)}
    data = torch.tensor([stoi[ch] for ch in text], dtype=torch.long)
    rng = np.random.default_rng(10)
    block_size = 12
    model = with_numpy_weights(GPT(len(chars), block_size), torch.tensor)
    optimizer = model.configure_optimizer(weight_decay=0.1, learning_rate=1e-2)

    @compiled
    def step(x, y):
        _, loss = model(x, y)
        model.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss

    losses = []
    model.train()
    for _ in range(steps):
        ix = rng.integers(0, len(data) - block_size, 6)
        x = torch.stack([data[i : i + block_size] for i in ix])
        y = torch.stack([data[i + 1 : i + 1 + block_size] for i in ix])
        losses.append(step(x, y).item())
    model.eval()
    return losses + model.generate(data[:8].unsqueeze(0), max_new_tokens=6)[0].tolist()


SENTENCES = [
    "the/DET dog/NN ate/V the/DET apple/NN",
    "everybody/NN read/V that/DET book/NN",
    "she/PRO slept/V",
    "the/DET old/ADJ man/NN read/V a/DET very/ADV long/ADJ letter/NN",
    "a/DET small/ADJ child/NN laughed/V",
    "dogs/NN bark/V",
]
PAD = 0
IGNORED = -100


class LSTMTagger(nn.Module):
    """A word's tag by all words of its sentence up to it."""

    def __init__(self, embedding_dim, hidden_dim, vocab_size, tagset_size):
        super().__init__()
        self.word_embeddings = nn.Embedding(vocab_size, embedding_dim, padding_idx=PAD)
        self.lstm = nn.LSTM(embedding_dim, hidden_dim, num_layers=2, batch_first=True)
        self.hidden2tag = nn.Linear(hidden_dim, tagset_size)

    def forward(self, sentences):
        embeds = self.word_embeddings(sentences)
        lstm_out, _ = self.lstm(embeds)
        return self.hidden2tag(lstm_out)


def padded(sequences, value):
    longest = max(len(sequence) for sequence in sequences)
    return torch.tensor([sequence + [value] * (longest - len(sequence)) for sequence in sequences])


def tagger(compiled=lambda step: step, epochs=4):
    """Losses of batches of padded sentences, with padding in neither loss nor count; then how many tags are right."""
    pairs = [[pair.split("/") for pair in sentence.split()] for sentence in SENTENCES]
    words = {word: 1 + i for i, word in enumerate(sorted({word for sentence in pairs for word, _ in sentence}))}
    tags = {tag: i for i, tag in enumerate(sorted({tag for sentence in pairs for _, tag in sentence}))}
    batches = []
    for start in range(0, len(pairs), 3):
        part = pairs[start : start + 3]
        sentences = padded([[words[word] for word, _ in sentence] for sentence in part], PAD)
        targets = padded([[tags[tag] for _, tag in sentence] for sentence in part], IGNORED)
        batches.append((sentences, targets))

    model = with_numpy_weights(LSTMTagger(6, 8, 1 + len(words), len(tags)), torch.tensor)
    loss_function = nn.CrossEntropyLoss(ignore_index=IGNORED)
    optimizer = optim.Adagrad(model.parameters(), lr=0.1)

    @compiled
    def step(sentences, targets):
        model.zero_grad()
        tag_scores = model(sentences)
        loss = loss_function(tag_scores.permute(0, 2, 1), targets)
        loss.backward()
        nn.utils.clip_grad_value_(model.parameters(), 0.5)
        optimizer.step()
        return loss

    losses = []
    for _ in range(epochs):
        for sentences, targets in batches:
            losses.append(step(sentences, targets).item())
    right = total = 0
    with torch.no_grad():
        for sentences, targets in batches:
            mask = targets != IGNORED
            predicted = model(sentences).argmax(-1)
            right += (predicted[mask] == targets[mask]).sum().item()
            total += mask.sum().item()
    return [*losses, right, total]


class EncoderRNN(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.embedding = nn.Embedding(input_size, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, batch_first=True)

    def forward(self, input):
        return self.gru(self.embedding(input))


class AdditiveAttention(nn.Module):
    """Where to look, by a small network of what is wanted and what there is (Bahdanau et al. 2014)."""

    def __init__(self, hidden_size):
        super().__init__()
        self.Wa = nn.Linear(hidden_size, hidden_size)
        self.Ua = nn.Linear(hidden_size, hidden_size)
        self.Va = nn.Linear(hidden_size, 1)

    def forward(self, query, keys, mask):
        scores = self.Va(torch.tanh(self.Wa(query) + self.Ua(keys)))
        scores = scores.squeeze(2).unsqueeze(1)
        scores = scores.masked_fill(~mask.unsqueeze(1), -1e9)
        weights = F.softmax(scores, dim=-1)
        context = torch.bmm(weights, keys)
        return context, weights


class AttnDecoderRNN(nn.Module):
    def __init__(self, hidden_size, output_size, max_length):
        super().__init__()
        self.embedding = nn.Embedding(output_size, hidden_size)
        self.attention = AdditiveAttention(hidden_size)
        self.gru = nn.GRU(2 * hidden_size, hidden_size, batch_first=True)
        self.out = nn.Linear(hidden_size, output_size)
        self.max_length = max_length

    def forward(self, encoder_outputs, encoder_hidden, mask, target_tensor=None):
        batch_size = encoder_outputs.size(0)
        decoder_input = torch.zeros(batch_size, 1, dtype=torch.long)
        decoder_hidden = encoder_hidden
        decoder_outputs = []
        attentions = []
        for i in range(self.max_length):
            decoder_output, decoder_hidden, attn_weights = self.forward_step(
                decoder_input, decoder_hidden, encoder_outputs, mask
            )
            decoder_outputs.append(decoder_output)
            attentions.append(attn_weights)
            if target_tensor is not None:
                decoder_input = target_tensor[:, i].unsqueeze(1)
            else:
                _, topi = decoder_output.topk(1)
                decoder_input = topi.squeeze(-1).detach()
        decoder_outputs = torch.cat(decoder_outputs, dim=1)
        decoder_outputs = F.log_softmax(decoder_outputs, dim=-1)
        return decoder_outputs, decoder_hidden, torch.cat(attentions, dim=1)

    def forward_step(self, input, hidden, encoder_outputs, mask):
        embedded = self.embedding(input)
        query = hidden.permute(1, 0, 2)
        context, attn_weights = self.attention(query, encoder_outputs, mask)
        input_gru = torch.cat((embedded, context), dim=2)
        output, hidden = self.gru(input_gru, hidden)
        return self.out(output), hidden, attn_weights


def translation(compiled=lambda step: step, steps=6):
    """Losses of learning to say numbers backwards, then what it says, and where it looked."""
    rng = np.random.default_rng(11)
    n_tokens, length = 8, 5  # 0 starts a sequence, 1 pads it
    encoder = with_numpy_weights(EncoderRNN(n_tokens, 10), torch.tensor)
    decoder = with_numpy_weights(AttnDecoderRNN(10, n_tokens, length), torch.tensor)
    encoder_optimizer = optim.Adam(encoder.parameters(), lr=1e-2)
    decoder_optimizer = optim.Adam(decoder.parameters(), lr=1e-2)
    criterion = nn.NLLLoss(ignore_index=1)

    def batch():
        source = rng.integers(2, n_tokens, (4, length))
        lengths = rng.integers(2, length + 1, 4)
        padding = np.arange(length) >= lengths[:, None]
        target = np.where(
            padding, 1, np.take_along_axis(source, (lengths[:, None] - 1 - np.arange(length)) % length, 1)
        )
        return torch.tensor(np.where(padding, 1, source)), torch.tensor(target)

    @compiled
    def step(input_tensor, target_tensor):
        encoder_optimizer.zero_grad()
        decoder_optimizer.zero_grad()
        encoder_outputs, encoder_hidden = encoder(input_tensor)
        decoder_outputs, _, _ = decoder(encoder_outputs, encoder_hidden, input_tensor != 1, target_tensor)
        loss = criterion(decoder_outputs.view(-1, decoder_outputs.size(-1)), target_tensor.view(-1))
        loss.backward()
        encoder_optimizer.step()
        decoder_optimizer.step()
        return loss

    losses = [step(*batch()).item() for _ in range(steps)]
    with torch.no_grad():
        input_tensor, _ = batch()
        encoder_outputs, encoder_hidden = encoder(input_tensor)
        decoder_outputs, _, attentions = decoder(encoder_outputs, encoder_hidden, input_tensor != 1)
        _, said = decoder_outputs.topk(1)
    return losses + said[0].flatten().tolist() + attentions[0, 0].tolist()
