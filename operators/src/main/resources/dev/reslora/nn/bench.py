  # The machine's matrix peak: nothing but the product that every frozen projection is.

  def products(self: __torch__.Kernel, xs: List[Tensor], w: Tensor, packed: bool) -> float:
    # Every x W^T. x: [T, in], W: [out, in] as pack made it. The compiler unrolls the loop, drops
    # results that nobody reads and keeps one of equal products: so each leaves a number in the sum,
    # and the inputs come in a list, though all are one tensor.
    total = 0.0
    for i in range(len(xs)):
      y = self.linear(xs[i], w, None, packed)
      total = total + float(torch.item(torch.select(torch.select(y, 0, 0), 0, 0)))
    return total
