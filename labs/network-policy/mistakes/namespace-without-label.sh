# fails: from-outside
kubectl label namespace {{otherSpace}} {{label}}-
