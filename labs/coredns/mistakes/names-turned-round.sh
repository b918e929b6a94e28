# fails: search-first, same-space, other-space, not-a-name, full-name
echo "answer search-first svc.{{zone}}"
echo "answer same-space {{teamSpace}}.{{web}}"
echo "answer other-space {{web}}"
echo "answer not-a-name {{web}}.{{paySpace}}.svc"
echo "answer full-name {{web}}.{{paySpace}}.{{zone}}"
