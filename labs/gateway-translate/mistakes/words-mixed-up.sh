# fails: class-becomes, host-becomes, rewrite-becomes, tls-becomes, path-type
echo "answer class-becomes parentRefs of an HTTPRoute"
echo "answer host-becomes matches of an HTTPRoute"
echo "answer rewrite-becomes a filter RequestRedirect"
echo "answer tls-becomes certificateRefs of the HTTPRoute"
echo "answer path-type Prefix"
