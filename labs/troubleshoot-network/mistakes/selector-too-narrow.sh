# fails: selector
kubectl set selector -n {{space}} service {{shop}} app={{shop}},tier={{wrongLabel}}
