  # The machine's matrix peak: nothing but the product that every frozen projection is.

  def products(self: __torch__.Kernel, x: Tensor, w: Tensor, packed: bool, times: int) -> float:
    # x W^T, so many times. x: [T, in], W: [out, in] as pack made it. Returns a number of the last.
    y = self.linear(x, w, None, packed)
    for i in range(times - 1):
      y = self.linear(x, w, None, packed)
    return float(torch.item(torch.sum(torch.narrow(y, 0, 0, 1))))
